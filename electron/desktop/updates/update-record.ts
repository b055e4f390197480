import type { JsonStore } from '../../platform/settings.ts'
import type { StoredVersion } from './update-controller.ts'

/**
 * A start within this time after an installation began is the one that completes it: installers take up to a
 * minute.
 */
const maxInstallMs = 5 * 60_000

/** What is stored about an update across the restart that installs it. */
export interface UpdateRecord {
  /** The version being installed. */
  readonly intended: StoredVersion
  /** The version that could not be installed. */
  readonly refused: StoredVersion
  /**
   * Whether the window was hidden when the installation began; installers do not pass our arguments to the
   * new version. Must be called before `intended` is read and cleared. A later start is the user's own and
   * shows the window.
   */
  wasStartedHidden(): boolean
}

export function createUpdateRecord(options: {
  readonly memory: JsonStore
  readonly isWindowVisible: () => boolean
  readonly now: () => number
}): UpdateRecord {
  const { memory, isWindowVisible, now } = options
  const readVersion = (name: string) => {
    const version = memory.read()[name]
    return typeof version === 'string' && version !== '' ? version : null
  }
  return {
    intended: {
      read: () => readVersion('updatingTo'),
      write(version) {
        const hiddenAtMs = version === null || isWindowVisible() ? null : now()
        memory.write({ updatingTo: version ?? '', updatingHiddenAtMs: hiddenAtMs })
      },
    },
    refused: {
      read: () => readVersion('updateRefused'),
      write: (version) => memory.write({ updateRefused: version ?? '' }),
    },
    wasStartedHidden() {
      const hiddenAtMs = memory.read()['updatingHiddenAtMs']
      if (readVersion('updatingTo') === null || typeof hiddenAtMs !== 'number') return false
      const passedMs = now() - hiddenAtMs
      return passedMs >= 0 && passedMs < maxInstallMs
    },
  }
}
