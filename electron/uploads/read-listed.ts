import type { Access } from '../accounts/accounts.ts'
import { getModelPage, listModels } from '../cloud/models.ts'
import type { ModelWire } from '../cloud/wire.ts'

/** A page of the listing is requested only where it replaces this many requests for single models. */
const requestsPerPage = 5

/**
 * The records of these models as far as the team's listing has them, by ID. Of a library that is too large to be
 * listed for that, the pages with its newest models are requested: the order of a listing is not documented, so
 * these are the first or the last ones. If the server does not say how many models it has, only the first page is
 * requested. A page that can't be read ends it. Rejects when `signal` aborts during a request.
 */
export async function readListed(
  { client, signer }: Pick<Access, 'client' | 'signer'>,
  modelIds: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ModelWire>> {
  const found = new Map<string, ModelWire>()
  const maxRequests = Math.floor(modelIds.size / requestsPerPage)
  let pageCount = Infinity

  /** Returns how many of them were not found before. */
  function add(models: readonly ModelWire[]): number {
    const before = found.size
    for (const model of models) if (modelIds.has(model.id)) found.set(model.id, model)
    return found.size - before
  }

  async function readNewest(): Promise<void> {
    const isNewestFirst = found.size >= requestsPerPage
    for (let requests = 1; requests < Math.min(maxRequests, pageCount); requests += 1) {
      if (found.size === modelIds.size) return
      const page = isNewestFirst ? requests + 1 : pageCount + 1 - requests
      const answer = await getModelPage(client, signer, page, signal)
      if (!answer.ok) return
      const count = add(answer.value.models)
      // Few models may be on the last page.
      if (count < requestsPerPage && page !== pageCount) return
    }
  }

  for await (const page of listModels(client, signer, signal)) {
    if (!page.ok) return found
    const { models, count, total, position } = page.value
    add(models)
    if (position.page === 1 && total !== null && count > 0) pageCount = Math.ceil(total / count)
    if (found.size === modelIds.size || pageCount > maxRequests) break
  }
  if (pageCount > maxRequests && pageCount !== Infinity) await readNewest()
  return found
}
