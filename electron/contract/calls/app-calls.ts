import * as v from 'valibot'
import type { AppInfo } from '../app-info.ts'
import type { Conditions, FileManagerEntry, LoginItem } from '../conditions.ts'
import type { DeadlineView } from '../deadline.ts'
import type { ReportSection, ConnectionCheck } from '../diagnostics.ts'
import { settingsChange, type Settings } from '../settings.ts'
import type { StorageTest } from '../storage-test.ts'
import type { UpdateState } from '../updates.ts'
import { call, text, nothing, id, ids } from './call.ts'

/** Paths or hashes of all rows of a queue of ten thousand. */
const maxCopiedLength = 2_000_000

export const appCalls = {
  surroundings: call<AppInfo>()('desktop', nothing),
  settings: call<Settings>()('desktop', nothing),
  /**
   * Accepts known servers only: a new one is added by `addServer`. A native dialog asks before uploads may
   * delete models that they replace; nothing changes unless it is confirmed.
   */
  changeSettings: call<Settings>()('desktop', settingsChange),
  showInFolder: call<void>()('desktop', v.strictObject({ id })),
  /** Only while the window has the focus. */
  copyText: call<void>()('desktop', v.strictObject({ text: text(maxCopiedLength) })),
  /**
   * Copies the paths on this computer of the files of rows, in the queue or the history, one a line. Only
   * while the window has the focus; the page never sees them.
   */
  copyLocalPaths: call<void>()('desktop', v.strictObject({ ids: v.pipe(ids, v.minLength(1)) })),
  /**
   * Opens the web app of an account's server in the browser, also after the account has signed out;
   * `server-removed` unless the server is among the known ones.
   */
  openServer: call<void>()('desktop', v.strictObject({ accountId: id })),
  /**
   * Opens one of the app's own addresses in the browser. The page passes its name, main holds the address.
   */
  openPage: call<void>()(
    'desktop',
    v.strictObject({ page: v.picklist(['web-app', 'documentation', 'licences', 'pairing']) }),
  ),
  /** Reads the keychain again after the user unlocked it, and restores the sign-ins stored in it. */
  recheckKeychain: call<void>()('desktop', nothing),
  quit: call<void>()('desktop', nothing),
}

/** Each call returns the state at that moment; the event `update` shows later changes. */
export const updateCalls = {
  update: call<UpdateState>()('desktop', nothing),
  /** Checks now, even when the settings turn updates off. */
  checkForUpdate: call<UpdateState>()('desktop', nothing),
  downloadUpdate: call<UpdateState>()('desktop', nothing),
  /** Stops the uploads, installs the new version and starts it. */
  installUpdate: call<UpdateState>()('desktop', nothing),
  /** Licence texts of the third-party packages in the app. */
  thirdPartyNotices: call<string>()('desktop', nothing),
}

export const diagnosticCalls = {
  /** Checks the connection to the server; the event `connection` follows each step. */
  checkConnection: call<ConnectionCheck>()('desktop', nothing),
  /**
   * Sends 8 MB to the chosen team's storage and deletes them; the event `storageTest` shows the progress.
   * Call it only after the user has agreed.
   */
  testStorage: call<StorageTest>()('desktop', nothing),
  /** Cancels the test; what was sent is deleted. */
  cancelStorageTest: call<void>()('desktop', nothing),
  /** The sections of a support report, without secrets, to read before anything is written. */
  supportPieces: call<readonly ReportSection[]>()('desktop', nothing),
  /**
   * Asks for a file and writes the given sections as they were last read; false when the user cancelled.
   */
  saveSupportBundle: call<boolean>()(
    'desktop',
    v.strictObject({
      pieces: v.pipe(
        v.array(v.picklist(['versions', 'settings', 'queue', 'names', 'connection', 'log'])),
        v.maxLength(6),
      ),
    }),
  ),
}

/** Uploads in the background, and the app's entries in the operating system. */
export const backgroundCalls = {
  conditions: call<Conditions>()('desktop', nothing),
  /** The deadline in the settings and whether it can be met, or null; the event `deadline` shows later changes. */
  deadline: call<DeadlineView | null>()('desktop', nothing),
  /**
   * Uploads despite a hold (battery, metered network, schedule) until its cause ends, or always on this
   * network. `settings-not-saved`: on this network only until the app ends.
   */
  sendAnyway: call<void>()('desktop', v.strictObject({ isAlways: v.boolean() })),
  /** `nothing` also cancels a running countdown. */
  setWhenDone: call<void>()(
    'desktop',
    v.strictObject({ whenDone: v.picklist(['nothing', 'sleep', 'quit']) }),
  ),
  loginItem: call<LoginItem>()('desktop', nothing),
  /** Returns the state that the system reports afterwards. */
  setLoginItem: call<LoginItem>()('desktop', v.strictObject({ isOn: v.boolean() })),
  /** The file managers of this system; none where the installer adds the entries. */
  fileManagers: call<readonly FileManagerEntry[]>()('desktop', nothing),
  setFileManager: call<readonly FileManagerEntry[]>()(
    'desktop',
    v.strictObject({
      id: v.picklist(['menu', 'nautilus', 'nemo', 'dolphin', 'finder']),
      isOn: v.boolean(),
    }),
  ),
}
