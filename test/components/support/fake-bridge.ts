import { calls, type Bridge, type CallAnswer, type CallName } from '../../../electron/contract/calls.ts'
import type { EventName, Events } from '../../../electron/contract/events.ts'
import type { Conditions } from '../../../electron/contract/conditions.ts'
import { success, type Result } from '../../../electron/contract/failures.ts'
import type { UploadRow } from '../../../electron/contract/uploads.ts'
import type { Locale } from '../../../electron/contract/app-info.ts'
import { serverCheck, settings, signedIn, snapshotOf, team } from './rows.ts'

type AskedArgs<Name extends CallName> = Parameters<Bridge[Name]>[0]
/** The response to a call in a test; may be a promise that resolves later. */
export type Answers = {
  readonly [Name in CallName]?: (
    args: AskedArgs<Name>,
  ) => Result<CallAnswer<Name>> | Promise<Result<CallAnswer<Name>>>
}

export interface Asked {
  readonly name: CallName
  readonly args: unknown
}

export interface FakeBridge {
  readonly bridge: Bridge
  /** All calls in order, except those that no user action causes. */
  readonly asked: Asked[]
  readonly emit: <Name extends EventName>(name: Name, value: Events[Name]) => void
}

interface FakeBridgeOptions {
  readonly rows?: readonly UploadRow[]
  readonly locale?: Locale
  readonly answers?: Answers
}

/** On mains power, online, without a limit. */
export const defaultConditions: Conditions = {
  hold: null,
  overridden: null,
  limit: { bytesPerSecond: null, isFromQuietHours: false, untilMs: null },
  power: { isOnBattery: false, percent: null },
  network: { metered: 'no', line: { id: 'line-1', name: 'Studio' } },
  whenDone: 'nothing',
  ending: null,
}

const initialLoads: readonly CallName[] = [
  ...(['surroundings', 'snapshot', 'session', 'settings', 'conditions'] as const),
  ...(['loginItem', 'fileManagers', 'update', 'waitingFiles', 'reviews', 'uploadLog', 'deadline'] as const),
  ...(['missingCompanions', 'historyFilters'] as const),
]
const isRecorded = (name: CallName) => !initialLoads.includes(name)

/** As the real connection transfers it. */
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** A fake connection, built from the contract's table of calls so that it has exactly these. */
export function fakeBridge({ rows = [], locale = 'en', answers = {} }: FakeBridgeOptions = {}): FakeBridge {
  const asked: Asked[] = []
  const listeners = new Map<EventName, Set<(value: never) => void>>()
  const report = { added: 0, refused: 0, skipped: [] }
  const defaultAnswers: Answers = {
    surroundings: () =>
      success({ version: '1.2.3', platform: 'linux', locale, versions: { Electron: '45.4.1' } }),
    snapshot: () => success(snapshotOf(rows)),
    session: () => success(signedIn()),
    settings: () => success(settings),
    changeSettings: (change) => success({ ...settings, ...(change as Partial<typeof settings>) }),
    addFiles: () => success(report),
    chooseFiles: () => success(report),
    watch: () => success(null),
    modelFacts: () => success(null),
    modelStatus: () => success(null),
    uploadLog: () => success(null),
    companions: () => success([]),
    missingCompanions: () => success({ companions: [], files: [] }),
    deadline: () => success(null),
    update: () => success({ kind: 'current', checkedAtMs: null }),
    thirdPartyNotices: () => success('a package 1.0.0\nLicence: MIT'),
    watching: () => success({ folders: [] }),
    waitingFiles: () => success({ count: 0, names: [], hasFolders: false, failure: null }),
    // As in the engine, the files still wait while the call is answered.
    retryWaitingFiles: () => success({ count: 3, names: [], hasFolders: false, failure: null }),
    undoDiscardWaitingFiles: () => success({ count: 3, names: [], hasFolders: false, failure: null }),
    discardWaitingFiles: () => success({ count: 0, names: [], hasFolders: false, failure: null }),
    reviews: () => success([]),
    approveReview: () => success({ approvedCount: 0 }),
    excludeFromReview: ({ ids }) => success(ids),
    discardReview: () => success([]),
    undoRemove: ({ ids }) => success(ids),
    undoAdd: () => success([]),
    findPlaces: () =>
      success({
        state: 'done',
        places: [],
        library: { team, isListing: false, failure: null, listedAtMs: null },
      }),
    foundModels: () => success([]),
    workflow: () => success(null),
    sendNeeds: () => success(report),
    addFound: () => success(report),
    library: () => success({ models: [], listedAtMs: 0, completeAtMs: 0, failure: null }),
    agents: () => success([]),
    deleteModels: () => success([]),
    hasLocalFile: () => success(false),
    history: () => success({ rows: [], nextBeforeMs: null }),
    historyFilters: () => success({ teams: [], modelTypes: [] }),
    signIn: () => success(signedIn()),
    checkServer: () => success(serverCheck()),
    addServer: () => success(serverCheck()),
    removeServer: () => success(settings),
    signInToProxy: () => success(signedIn()),
    leaveProxy: () => success(signedIn()),
    signInWithKey: () => success(signedIn()),
    startPairing: () => success(signedIn()),
    cancelPairing: () => success(signedIn()),
    signOut: () => success(signedIn()),
    discardSealed: () => success(signedIn()),
    chooseTeam: () => success(signedIn()),
    conditions: () => success(defaultConditions),
    loginItem: () => success({ isOn: false, can: 'yes' }),
    setLoginItem: ({ isOn }) => success({ isOn, can: 'yes' }),
    fileManagers: () => success([{ id: 'nautilus', isOn: false }]),
    setFileManager: ({ id, isOn }) => success([{ id, isOn }]),
  }
  const all: Record<string, (args?: unknown) => Promise<unknown>> = {}
  for (const name of Object.keys(calls) as CallName[]) {
    const answer = (answers[name] ?? defaultAnswers[name]) as ((args: unknown) => unknown) | undefined
    all[name] = async (args) => {
      if (isRecorded(name)) asked.push({ name, args })
      return throughJson(answer ? await answer(args) : success(undefined))
    }
  }
  const on: Bridge['on'] = (name, listener) => {
    const set = listeners.get(name) ?? new Set()
    listeners.set(name, set)
    set.add(listener)
    return () => set.delete(listener)
  }
  const emit: FakeBridge['emit'] = (name, value) => {
    for (const listener of listeners.get(name) ?? []) listener(throughJson(value) as never)
  }
  return { bridge: { ...all, on } as unknown as Bridge, asked, emit }
}
