import type { CallHandlers } from '../contract/calls.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import { changeFailure } from '../platform/file-identity.ts'
import type { Library } from '../library/library.ts'
import type { HashCache } from '../journal/hash-cache.ts'
import { targetFailure } from '../contract/uploads.ts'

type LibraryCalls = Pick<CallHandlers, 'library' | 'changeModel' | 'deleteModel' | 'hasLocalFile'>

/** What the engine answers of a team's library. */
export function libraryCalls({
  library,
  hashCache,
}: {
  readonly library: Library
  readonly hashCache: HashCache
}): LibraryCalls {
  return {
    library: ({ choice, isFresh }) => library.models(choice, isFresh ? { maxAgeMs: 0 } : {}),
    async changeModel({ choice, modelId, change }) {
      const wrong = targetFailure({ displayName: 'x', modelType: 'x', modelPath: 'x', ...change })
      return wrong ? failed(wrong) : library.change(choice, modelId, change)
    },
    deleteModel: ({ choice, modelId }) => library.remove(choice, modelId),
    hasLocalFile: async ({ sha256 }) => success((await localFileWith(hashCache, sha256)).ok),
  }
}

/** Path of a file on this computer that had these bytes and hasn't been touched since. */
export async function localFileWith(cache: HashCache, sha256: string): Promise<Result<string>> {
  for (const { path, identity } of cache.filesWith(sha256)) {
    if ((await changeFailure(path, identity)) === null) return success(path)
  }
  return failed(failure('file-missing'))
}
