import * as v from 'valibot'
import { call, nothing, type CallTable } from './call.ts'
import type { Conditions, FileManagerEntry, LoginItem } from './conditions.ts'

/** What the app does while nobody looks, and where it is at home on this computer. */
export const backgroundCalls = {
  conditions: call<Conditions>()('desktop', nothing),
  /** Sends although battery, line or hour speak against it: until that ends, or from now on on this line. */
  sendAnyway: call<void>()('desktop', v.strictObject({ isAlways: v.boolean() })),
  /** `nothing` calls a countdown off as well. */
  setWhenDone: call<void>()(
    'desktop',
    v.strictObject({ whenDone: v.picklist(['nothing', 'sleep', 'quit']) }),
  ),
  loginItem: call<LoginItem>()('desktop', nothing),
  /** Answers how it really is afterwards. */
  setLoginItem: call<LoginItem>()('desktop', v.strictObject({ isOn: v.boolean() })),
  /** The file managers that this system may have; none where the installer does it. */
  fileManagers: call<readonly FileManagerEntry[]>()('desktop', nothing),
  setFileManager: call<readonly FileManagerEntry[]>()(
    'desktop',
    v.strictObject({ id: v.picklist(['menu', 'nautilus', 'nemo', 'dolphin', 'finder']), isOn: v.boolean() }),
  ),
} satisfies CallTable
