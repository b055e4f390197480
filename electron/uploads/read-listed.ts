import type { Access } from '../accounts/accounts.ts'
import { listModels } from '../cloud/models.ts'
import type { ModelWire } from '../cloud/wire.ts'

/** A page of the listing is requested only where it replaces this many requests for single models. */
const requestsPerPage = 5

/**
 * The records of these models as far as the team's listing has them, by ID. Requests no more than the first page
 * of a library that is too large for that, or whose size is unknown; the order of a listing is not documented. A
 * page that can't be read ends it. Rejects when `signal` aborts during a request.
 */
export async function readListed(
  { client, signer }: Pick<Access, 'client' | 'signer'>,
  modelIds: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ModelWire>> {
  const found = new Map<string, ModelWire>()
  let pageCount: number | null = null
  for await (const page of listModels(client, signer, signal)) {
    if (!page.ok) break
    const { models, count, total } = page.value
    for (const model of models) if (modelIds.has(model.id)) found.set(model.id, model)
    pageCount ??= total === null || count === 0 ? Infinity : Math.ceil(total / count)
    if (found.size === modelIds.size || pageCount * requestsPerPage > modelIds.size) break
  }
  return found
}
