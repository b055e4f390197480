import { listModels } from '../cloud/models.ts'
import type { CloudClient, Signer } from '../cloud/client.ts'
import type { ModelWire } from '../cloud/wire.ts'
import { success, type Result } from '../contract/failures.ts'
import type { LibraryModel } from '../contract/library.ts'

/** `sha256:` and 64 hex digits (NOTES.md, rule 6); any other hash says nothing about ours. */
const sha256Form = /^sha256:([0-9a-f]{64})$/i

/** A model as the app speaks of it. */
export function toLibraryModel(wire: ModelWire): LibraryModel {
  const createdAtMs = Date.parse(wire.created_at ?? '')
  return {
    id: wire.id,
    displayName: wire.display_name,
    modelType: wire.model_type,
    modelPath: wire.model_path ?? null,
    sizeBytes: wire.file_size ?? null,
    sha256: sha256Form.exec(wire.file_hash ?? '')?.[1]?.toLowerCase() ?? null,
    // Absent from lists that are shorter than the record; a model that is listed is taken for one in use.
    status: wire.model_status ?? 'active',
    createdAtMs: Number.isNaN(createdAtMs) ? null : createdAtMs,
    storageKey: wire.storage_key ?? null,
  }
}

/** Asks for every page of a team's models. Half a list is none: a page's failure is the whole's. */
export async function listAllModels(
  client: CloudClient,
  signer: Signer,
  signal: AbortSignal,
): Promise<Result<readonly LibraryModel[]>> {
  const models: LibraryModel[] = []
  for await (const page of listModels(client, signer, signal)) {
    if (!page.ok) return page
    models.push(...page.value.map(toLibraryModel))
  }
  return success(models)
}
