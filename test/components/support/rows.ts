import { failure, type Failure } from '../../../electron/contract/failures.ts'
import type { Account, SessionView } from '../../../electron/contract/account.ts'
import type {
  FoundModelView,
  FoundPlacesView,
  FoundPlaceView,
  NeededModelView,
} from '../../../electron/contract/discovery.ts'
import type { TransferSpeed } from '../../../electron/contract/upload-details.ts'
import {
  needsAttention,
  type Patch,
  type Pausing,
  type Snapshot,
  type Totals,
  type UploadRow,
} from '../../../electron/contract/uploads.ts'
import type { ServerCheck } from '../../../electron/contract/servers.ts'
import { defaultSettings, type Settings } from '../../../electron/contract/settings.ts'

export const team = { id: 'team_aurora', name: 'Aurora Studio' }
export const otherTeam = { id: 'team_night', name: 'Night Lab' }
/** Noon today, so that anything at this time counts as today. */
export const noonMs = new Date().setHours(12, 0, 0, 0)

export function account(change: Partial<Account> = {}): Account {
  return {
    id: 'account-1',
    kind: 'session',
    server: 'https://cloud.example/api/v1',
    personId: 'person-1',
    name: 'Mira Okafor',
    email: 'mira@aurora.example',
    teams: [team, otherTeam],
    state: 'ready',
    ...change,
  }
}

export function signedIn(...accounts: readonly Account[]): SessionView {
  const known = accounts.length > 0 ? accounts : [account()]
  const first = known[0]?.teams[0]
  return {
    server: 'https://cloud.example/api/v1',
    accounts: known,
    chosen: known[0] && first ? { accountId: known[0].id, teamId: first.id } : null,
    keychain: 'ok',
    pairing: null,
    proxy: null,
  }
}

export const signedOut: SessionView = {
  server: 'https://cloud.example/api/v1',
  accounts: [],
  chosen: null,
  keychain: 'ok',
  pairing: null,
  proxy: null,
}

export const settings: Settings = {
  ...defaultSettings,
  server: 'https://cloud.example/api/v1',
}

type RowChange = Partial<Omit<UploadRow, 'target'>> & { readonly target?: Partial<UploadRow['target']> }

/** A waiting row, modified by `change`. Its id is its name. */
export function row(name: string, { target, ...change }: RowChange = {}): UploadRow {
  return {
    id: name,
    position: 0,
    fileName: `${name}.safetensors`,
    folder: '',
    sizeBytes: 1_000_000_000,
    accountId: 'account-1',
    team,
    target: {
      displayName: name,
      modelType: 'loras',
      modelPath: `models/loras/${name}.safetensors`,
      ...target,
    },
    recognition: {
      format: 'safetensors',
      modelType: 'loras',
      base: 'SDXL',
      reason: { key: 'reason.folder', params: { type: 'loras', folder: 'loras' } },
      tensorCount: 722,
      dtype: 'F16',
    },
    phase: 'waiting',
    started: false,
    sentBytes: 0,
    inFlightBytes: 0,
    hashedBytes: 0,
    bytesPerSecond: null,
    secondsLeft: null,
    failure: null,
    retryAtMs: null,
    addedAtMs: noonMs,
    finishedAtMs: null,
    sha256: null,
    storageKey: null,
    modelId: null,
    ...change,
  }
}

export function sendingRow(name: string, change: RowChange = {}): UploadRow {
  return row(name, {
    phase: 'sending',
    started: true,
    sentBytes: 400_000_000,
    inFlightBytes: 50_000_000,
    bytesPerSecond: 42_000_000,
    secondsLeft: 700,
    ...change,
  })
}

export function failedRow(
  name: string,
  why: Failure = failure('file-missing'),
  change: RowChange = {},
): UploadRow {
  return row(name, { phase: 'failed', failure: why, ...change })
}

export function registeredRow(name: string, change: RowChange = {}): UploadRow {
  return row(name, {
    phase: 'registered',
    started: true,
    sentBytes: 1_000_000_000,
    finishedAtMs: noonMs,
    sha256: 'a'.repeat(64),
    storageKey: 'models/team/key',
    modelId: `id-of-${name}`,
    ...change,
  })
}

function pausingTotals(pausing: readonly Pausing[]): Pick<Totals, 'pausing'> {
  if (pausing.length === 0) return {}
  return {
    pausing: {
      uploadCount: pausing.length,
      finishingParts: pausing.reduce((sum, { finishingParts }) => sum + finishingParts, 0),
      unacknowledgedBytes: pausing.reduce((sum, { unacknowledgedBytes }) => sum + unacknowledgedBytes, 0),
    },
  }
}

function totalsOf(rows: readonly UploadRow[]): Totals {
  const count = (...phases: readonly UploadRow['phase'][]) =>
    rows.filter(({ phase, waitsForTurn }) => !waitsForTurn && phases.includes(phase)).length
  const needsYou = rows.filter(needsAttention).length
  const open = rows.filter(({ phase }) => phase !== 'registered' && phase !== 'failed')
  return {
    running: count('checking', 'sending', 'finishing', 'registering'),
    waiting:
      count('waiting', 'retrying') +
      rows.filter((one) => one.waitsForTurn ?? (one.phase === 'failed' && !needsAttention(one))).length,
    needsYou,
    paused: count('paused'),
    inReview: count('review'),
    verifying: rows.filter(({ verification }) => verification?.kind === 'pending').length,
    ...pausingTotals(rows.flatMap(({ pausing }) => pausing ?? [])),
    registeredToday: rows.filter((one) => one.phase === 'registered' && !needsAttention(one)).length,
    totalBytes: open.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    movedBytes: open.reduce((sum, { sentBytes, inFlightBytes }) => sum + sentBytes + inFlightBytes, 0),
    bytesPerSecond: null,
    secondsLeft: null,
  }
}

const noTransfer: TransferSpeed = {
  speed: { stepMs: 1_000, points: [] },
  streamsInUse: 0,
  streamsLimit: 4,
}

export function snapshotOf(rows: readonly UploadRow[], sequence = 1): Snapshot {
  const all = {
    totals: totalsOf(rows),
    allPaused: false,
    hold: null,
    line: 'ok',
    isIncomplete: false,
    journalSetAside: null,
  } as const
  return { sequence, rows, flow: noTransfer, ...all }
}

export function patchOf(
  sequence: number,
  changed: readonly UploadRow[],
  removed: readonly string[] = [],
): Patch {
  return {
    sequence,
    changed,
    removed,
    totals: totalsOf(changed),
    allPaused: false,
    hold: null,
    line: 'ok',
    isIncomplete: false,
  }
}

/** The result of checking a server without problems, modified by `change`. */
export function serverCheck(change: Partial<ServerCheck> = {}): ServerCheck {
  return {
    address: 'https://models.aurora.example/api/v1',

    failure: null,
    isReached: true,
    isApi: true,
    certificate: 'trusted',
    clockAheadMs: 0,
    proxy: null,
    ...change,
  }
}

/** A row whose library path is used by a disabled model with other content. */
export function pathConflictRow(name: string): UploadRow {
  const params = {
    name: `Old ${name}`,
    path: `models/loras/${name}.safetensors`,
    status: 'disabled',
    suggestion: `models/loras/${name}-2.safetensors`,
    modelId: 'm',
    theirBytes: 2_000_000_000,
  }
  return failedRow(name, failure('path-taken', params))
}

/** A model that a workflow needs and that is nowhere. */
export function need(name: string, change: Partial<NeededModelView> = {}): NeededModelView {
  return {
    id: name,
    name,
    modelType: 'loras',
    stand: 'nowhere',
    by: null,
    isDisabled: false,
    isOff: false,
    where: null,
    sizeBytes: null,
    url: null,
    isFolder: false,
    failed: null,
    ...change,
  }
}

/** A model of another program on this computer, which the team lacks. */
export const foundModel = (id: string, change: Partial<FoundModelView> = {}): FoundModelView => ({
  id,
  name: `${id}.safetensors`,
  folder: 'loras',
  modelType: 'loras',
  sizeBytes: 1_000_000_000,
  fileCount: 1,
  state: 'new',
  ...change,
})

/** A place with one model unless changed. */
export const foundPlace = (id: string, change: Partial<FoundPlaceView> = {}): FoundPlaceView => ({
  id,
  version: 1,
  kind: 'comfyui',
  where: '~/ComfyUI/models',
  modelCount: 1,
  sizeBytes: 1_000_000_000,
  presentCount: 0,
  isWhole: true,
  unreadableCount: 0,
  unreadable: [],
  isInformation: false,
  ...change,
})

/** A completed search, compared with the library of the team. */
export const foundView = (
  places: readonly FoundPlaceView[],
  change: Partial<FoundPlacesView> = {},
): FoundPlacesView => ({
  state: 'done',
  places,
  library: { team, isListing: false, failure: null, listedAtMs: null },
  ...change,
})

/** Models of a workflow: in the library, here by path, here by name but in an inactive node, and lost. */
export const workflowNeeds = [
  need('owned.safetensors', { stand: 'in-library', by: 'hash', sizeBytes: 5_000_000_000 }),
  need('style/here.safetensors', {
    stand: 'here',
    by: 'path',
    where: '~/ComfyUI/models/loras/style/here.safetensors',
    sizeBytes: 90_000_000,
  }),
  need('off.safetensors', {
    stand: 'here',
    by: 'name',
    where: '~/off.safetensors',
    isOff: true,
    sizeBytes: 1,
  }),
  need('lost.safetensors', { url: 'https://models.example/lost.safetensors' }),
]
