import { isDeepStrictEqual } from 'node:util'
import type { CallArgs } from '../../contract/calls.ts'
import { baseOf, serverAddressOf, serversOf } from '../../contract/servers.ts'
import { defaultSettings, type Settings } from '../../contract/settings.ts'

type Change = CallArgs<'changeSettings'>

/**
 * What the page may do with a setting, since a script in it must neither weaken a protection nor send data elsewhere:
 * - `free`: change it
 * - `known-servers`: choose among servers that the user has confirmed
 * - `file-only`: nothing; it is set in the settings file
 * - a function: change it once the user has confirmed that in a native dialog, if the function says that the change
 *   weakens a protection
 */
type Rule = 'free' | 'known-servers' | 'file-only' | ((before: Settings, after: Settings) => boolean)

const reviewStrictness = ['never', 'when-needed', 'always'] as const

/** The only list of what the page may change. */
const pageSettings = {
  server: 'known-servers',
  servers: 'known-servers',
  // Replaced models are disabled unless `replacedFate` says otherwise.
  onConflict: 'free',
  replacedFate: startsDeleting,
  review: (before, after) => reviewStrictness.indexOf(after.review) < reviewStrictness.indexOf(before.review),
  allowedFormats: ({ allowedFormats: before }, { allowedFormats: after }) =>
    before !== null && (after === null || after.some((format) => !before.includes(format))),
  allowPickles: (before, after) => after.allowPickles && !before.allowPickles,
  confirmLicences: 'file-only',
  // A system notification reports the other changes.
  updates: (before, after) => after.updates === 'off' && before.updates !== 'off',
  updateOnQuit: 'free',
  atOnce: 'free',
  singlePutLimitBytes: 'free',
  limitBytesPerSecond: 'free',
  streamsMost: 'free',
  language: 'free',
  theme: 'free',
  dense: 'free',
  onClose: 'free',
  pauseBelowPercent: 'free',
  pauseOnMetered: 'free',
  lines: 'free',
  quietHours: 'free',
  deadlineMs: 'free',
} as const satisfies Readonly<Record<keyof Settings, Rule>>

type Rules = typeof pageSettings
/** A setting whose weakening is asked about. */
export type ProtectiveSetting = {
  [Name in keyof Rules]: Rules[Name] extends string ? never : Name
}[keyof Rules]

/**
 * Whether uploads may delete models that they replace after a change, but not before. Uploads that are queued
 * keep their setting for conflicts, so that deleting alone affects those that already replace.
 */
function startsDeleting(before: Settings, { onConflict, replacedFate }: Settings): boolean {
  if (replacedFate !== 'delete') return false
  return before.replacedFate !== 'delete' || (onConflict === 'replace' && before.onConflict !== 'replace')
}

/** The settings that need confirmation before the page may change them like this, or null if it may not at all. */
export function weakenedSettings(before: Settings, change: Change): readonly ProtectiveSetting[] | null {
  const known = knownServers(before)
  if (!serversIn(change).every((address) => known.has(baseOf(address)))) return null
  const after = settingsAfter(before, change)
  const rules = Object.entries(pageSettings) as [keyof Settings, Rule][]
  const isFixed = ([name, rule]: (typeof rules)[number]) =>
    rule === 'file-only' && !isDeepStrictEqual(before[name], after[name])
  if (rules.some(isFixed)) return null
  return rules.flatMap(([name, rule]) =>
    typeof rule === 'function' && rule(before, after) ? [name as ProtectiveSetting] : [],
  )
}

/** All settings after a change; a value that is undefined changes nothing. */
export function settingsAfter(before: Settings, change: Change): Settings {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  return { ...before, ...(Object.fromEntries(given) as Partial<Settings>) }
}

/** The server of this installation, those that the user has confirmed, and the built-in one. */
export function knownServers(settings: Settings): ReadonlySet<string> {
  const known = serversOf(settings).map(({ address }) => baseOf(address))
  return new Set([...known, defaultSettings.server])
}

/** An invalid address is left to the settings, which refuse it as such. */
function serversIn({ server, servers = [] }: Change): readonly string[] {
  const chosen = server === undefined ? null : serverAddressOf(server)
  return [...(chosen === null ? [] : [chosen]), ...servers.map(({ address }) => address)]
}
