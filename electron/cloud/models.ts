import * as v from 'valibot'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import type { LibraryChange } from '../contract/library.ts'
import type { Target } from '../contract/uploads.ts'
import { checkStorageAddress, type StorageAddress } from '../platform/network/storage-address.ts'
import type { CloudClient, Signer } from './client.ts'
import {
  actionResult,
  modelList,
  modelListItem,
  modelPresign,
  paths,
  resourceId,
  type ModelWire,
} from './wire.ts'

/** Permission to PUT one object. */
export interface PresignedUpload extends StorageAddress {
  readonly storageKey: string
}

/** Requests a storage key and a PUT URL. `sizeBytes` is exact: storage refuses another length. */
export async function presignModel(
  client: CloudClient,
  signer: Signer,
  file: { readonly fileName: string; readonly sizeBytes: number; readonly target: Target },
  signal: AbortSignal,
): Promise<Result<PresignedUpload>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.presignModel,
    body: {
      file_name: file.fileName,
      file_size: file.sizeBytes,
      model_type: file.target.modelType,
      model_path: file.target.modelPath,
    },
    responseSchema: modelPresign,
    signer,
    signal,
  })
  if (!answer.ok) return answer
  const { upload_url: url, storage_key: storageKey, upload_headers: headers } = answer.value
  const { server } = client
  const address = checkStorageAddress({ server, url, headers, sizeBytes: file.sizeBytes })
  return address.ok ? success({ ...address.value, storageKey }) : address
}

interface StoredFile {
  readonly target: Target
  readonly storageKey: string
  readonly sizeBytes: number
  /** SHA-256 of the whole file, 64 lower-case hex digits. */
  readonly sha256: string
}

/** Creates the model record and returns its id. Not known to be idempotent: see `uploads/register.ts`. */
export async function registerModel(
  client: CloudClient,
  signer: Signer,
  file: StoredFile,
  signal: AbortSignal,
): Promise<Result<string>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.models,
    body: {
      display_name: file.target.displayName,
      model_type: file.target.modelType,
      storage_key: file.storageKey,
      file_size: file.sizeBytes,
      file_hash: `sha256:${file.sha256}`,
      model_path: file.target.modelPath,
    },
    responseSchema: resourceId,
    signer,
    signal,
  })
  return answer.ok ? success(answer.value.id) : answer
}

/** The largest page size (api-reference/introduction). */
const perPage = 100
/**
 * Far more models than a team has. Reading them took 460 MB of memory with texts at the limits of
 * `modelListItem`.
 */
export const maxModels = 50_000
/** A server may return 20 models a page whatever is requested. */
export const maxPages = maxModels / 20
/** Requests of one listing at a time: enough to hide the round trips, few enough for a shared server. */
const parallelRequests = 4

/** Where to continue a listing that was interrupted. */
export interface ListingPosition {
  /** The last page that was read. It is read again, since deletions move models to it. */
  readonly page: number
  /** How many models the pages before it had. */
  readonly received: number
}

const beginning: ListingPosition = { page: 1, received: 0 }

export interface ModelPage {
  readonly models: readonly ModelWire[]
  /** How many models the page had, valid or not. */
  readonly count: number
  /** How many models the team has; null if the server does not say. */
  readonly total: number | null
}

/** One page of a listing. */
export interface ListedPage extends ModelPage {
  readonly position: ListingPosition
}

/** Requests one page of the team's models. `page` starts at 1; the order of the models is not documented. */
export async function getModelPage(
  client: CloudClient,
  signer: Signer,
  page: number,
  signal: AbortSignal,
): Promise<Result<ModelPage>> {
  const answer = await client.send({
    method: 'GET',
    path: paths.models,
    query: { current_page: page, per_page: perPage },
    responseSchema: modelList,
    signer,
    signal,
  })
  if (!answer.ok) return answer
  const models = answer.value.models.flatMap((item) => {
    const parsed = v.safeParse(modelListItem, item)
    return parsed.success ? [parsed.output] : []
  })
  return success({ models, count: answer.value.models.length, total: answer.value.total })
}

/**
 * Lists the team's models page by page, without models that an earlier page had. Once the first page has shown
 * how many there are, the next pages are requested in parallel. Ends at `total_count`, at an empty page, or at
 * a page without a new model, since a server that ignores the page number would return the first page forever.
 * A longer list than `maxModels` is `list-too-long`, since the server may never end it. `from` continues a
 * listing that was interrupted.
 */
export async function* listModels(
  client: CloudClient,
  signer: Signer,
  signal: AbortSignal,
  from = beginning,
): AsyncGenerator<Result<ListedPage>> {
  const ended = new AbortController()
  const pages = createPageQueue(from.page, (page) =>
    getModelPage(client, signer, page, AbortSignal.any([signal, ended.signal])),
  )
  const seen = new Set<string>()
  let { received } = from
  try {
    for (let { page } = from; page <= maxPages && received <= maxModels; page += 1) {
      const answer = await pages.next()
      if (!answer.ok) {
        yield answer
        return
      }
      const { count, total } = answer.value
      if (page === from.page && total !== null && count > 0)
        pages.expect(Math.min(maxPages, Math.ceil(total / count)))
      // A model that was added meanwhile moves others to the next page, where they appear again.
      const models = answer.value.models.filter(({ id }) => !seen.has(id))
      for (const { id } of models) seen.add(id)
      yield success({ models, count, total, position: { page, received } })
      received += count
      if (models.length === 0) return
      if (total !== null && received >= total) return
    }
    yield failed(failure('list-too-long', { count: Math.min(from.received + seen.size, maxModels) }))
  } finally {
    ended.abort()
  }
}

/** Requests pages in order, several at a time as far as they are expected to exist. */
function createPageQueue(firstPage: number, request: (page: number) => Promise<Result<ModelPage>>) {
  const requested: Promise<Result<ModelPage>>[] = []
  let lastRequested = firstPage - 1
  let expected = 0

  function requestNext(): void {
    lastRequested += 1
    const answer = request(lastRequested)
    // It rejects when it is aborted, and then nothing may wait for it.
    answer.catch(() => {})
    requested.push(answer)
  }

  return {
    expect: (count: number) => void (expected = count),
    async next(): Promise<Result<ModelPage>> {
      if (requested.length === 0) requestNext()
      while (requested.length < parallelRequests && lastRequested < expected) requestNext()
      return requested.shift() as Promise<Result<ModelPage>>
    },
  }
}

/** The current state of one model. */
export function getModel(
  client: CloudClient,
  signer: Signer,
  id: string,
  signal: AbortSignal,
): Promise<Result<ModelWire>> {
  return client.send({ method: 'GET', path: paths.model(id), responseSchema: modelListItem, signer, signal })
}

/** Changes name, type, path or status of a model. Omitted fields stay (inferred, not documented). */
export async function updateModel(
  client: CloudClient,
  signer: Signer,
  model: { readonly id: string; readonly change: LibraryChange },
  signal: AbortSignal,
): Promise<Result<void>> {
  const { displayName, modelType, modelPath, status } = model.change
  const answer = await client.send({
    method: 'PUT',
    path: paths.model(model.id),
    body: {
      ...(displayName === undefined ? {} : { display_name: displayName }),
      ...(modelType === undefined ? {} : { model_type: modelType }),
      ...(modelPath === undefined ? {} : { model_path: modelPath }),
      ...(status === undefined ? {} : { model_status: status }),
    },
    responseSchema: actionResult,
    signer,
    signal,
  })
  return answer.ok ? success(undefined) : answer
}

/**
 * Deletes a model's record (inferred). It is not known whether the stored file and the agents' copies are
 * deleted too.
 */
export async function deleteModel(
  client: CloudClient,
  signer: Signer,
  id: string,
  signal: AbortSignal,
): Promise<Result<void>> {
  const answer = await client.send({
    method: 'DELETE',
    path: paths.model(id),
    responseSchema: actionResult,
    signer,
    signal,
  })
  return answer.ok ? success(undefined) : answer
}
