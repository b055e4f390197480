import * as v from 'valibot'
import { success, type Result } from '../contract/errors.ts'
import type { Target } from '../contract/model.ts'
import type { CloudClient, Signer } from './client.ts'
import { modelList, modelListItem, modelPresign, paths, resourceId, type ModelWire } from './wire.ts'

/** Permission to PUT one object. The URL is a secret while it lives: memory only, never logged. */
export interface Grant {
  readonly url: string
  readonly storageKey: string
  /** Signed: every pair goes on the PUT unchanged. */
  readonly headers: Readonly<Record<string, string>>
}

/** Asks for a storage key and a PUT URL. `sizeBytes` is exact: storage refuses another length. */
export async function presignModel(
  client: CloudClient,
  signer: Signer,
  file: { readonly fileName: string; readonly sizeBytes: number; readonly target: Target },
  signal: AbortSignal,
): Promise<Result<Grant>> {
  const answer = await client.send({
    method: 'POST',
    path: paths.presignModel,
    body: {
      file_name: file.fileName,
      file_size: file.sizeBytes,
      model_type: file.target.modelType,
      model_path: file.target.modelPath,
    },
    answer: modelPresign,
    signer,
    signal,
  })
  if (!answer.ok) return answer
  const { upload_url, storage_key, upload_headers } = answer.value
  return success({ url: upload_url, storageKey: storage_key, headers: upload_headers })
}

export interface StoredFile {
  readonly target: Target
  readonly storageKey: string
  readonly sizeBytes: number
  /** SHA-256 of the whole file, 64 lower-case hex digits. */
  readonly sha256: string
}

/** Creates the model record and answers its id. Not known to be idempotent: see `findByStorageKey`. */
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
    answer: resourceId,
    signer,
    signal,
  })
  return answer.ok ? success(answer.value.id) : answer
}

/** 1–100 a page (api-reference/introduction). */
const perPage = 100

/** Walks the team's models page by page; ends at `total_count` or at an empty page. */
export async function* listModels(
  client: CloudClient,
  signer: Signer,
  signal: AbortSignal,
): AsyncGenerator<Result<readonly ModelWire[]>> {
  let seen = 0
  for (let page = 1; ; page += 1) {
    const answer = await client.send({
      method: 'GET',
      path: paths.models,
      query: { current_page: page, per_page: perPage },
      answer: modelList,
      signer,
      signal,
    })
    if (!answer.ok) {
      yield answer
      return
    }
    const items = answer.value.models.flatMap((item) => {
      const parsed = v.safeParse(modelListItem, item)
      return parsed.success ? [parsed.output] : []
    })
    seen += answer.value.models.length
    yield success(items)
    if (answer.value.models.length === 0) return
    if (answer.value.total !== null && seen >= answer.value.total) return
  }
}

/** The id of the model that was registered for a storage key, or null: what to ask after an answer was lost. */
export async function findByStorageKey(
  client: CloudClient,
  signer: Signer,
  storageKey: string,
  signal: AbortSignal,
): Promise<Result<string | null>> {
  for await (const page of listModels(client, signer, signal)) {
    if (!page.ok) return page
    const found = page.value.find((model) => model.storage_key === storageKey)
    if (found) return success(found.id)
  }
  return success(null)
}
