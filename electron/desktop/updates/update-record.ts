import type { JsonStore } from '../../platform/settings.ts'
import type { StoredVersion } from './update-controller.ts'

/** So long after an update was begun a start is taken for the one that ends it, in ms: installers take seconds, rarely a minute. */
const followsWithinMs = 5 * 60_000

/** What is remembered of an update over the restart that it is. */
export function createUpdateRecord(options: {
  readonly memory: JsonStore
  readonly isWindowVisible: () => boolean
  readonly now: () => number
}): {
  /** The version that was to take this one's place. */
  readonly intended: StoredVersion
  /** The version that could not. */
  readonly refused: StoredVersion
  /**
   * Whether nobody saw the window when it was begun: where the installer starts the new version, it gets no words of ours.
   * Asked before `intended` is read and cleared. A start that comes late is a person's own and shows the window.
   */
  wasStartedHidden(): boolean
} {
  const { memory, isWindowVisible: isSeen, now } = options
  const read = (name: string) => {
    const version = memory.read()[name]
    return typeof version === 'string' && version !== '' ? version : null
  }
  return {
    intended: {
      read: () => read('updatingTo'),
      write(version) {
        const hiddenAtMs = version === null || isSeen() ? 0 : now()
        memory.write({ updatingTo: version ?? '', updatingHiddenAtMs: hiddenAtMs })
      },
    },
    refused: {
      read: () => read('updateRefused'),
      write: (version) => memory.write({ updateRefused: version ?? '' }),
    },
    wasStartedHidden() {
      const atMs = memory.read()['updatingHiddenAtMs']
      if (read('updatingTo') === null || typeof atMs !== 'number') return false
      const passedMs = now() - atMs
      return passedMs >= 0 && passedMs < followsWithinMs
    },
  }
}
