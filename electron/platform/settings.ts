import * as v from 'valibot'
import type { CallArgs } from '../contract/calls.ts'
import { failed, failure, success, type Result } from '../contract/failures.ts'
import { serverAddressOf } from '../contract/server-address.ts'
import { settingsChange, type Settings } from '../contract/settings.ts'
import type { Log } from './environment.ts'

/** A file of values that this app wrote once, and that anybody may have edited since. */
export interface JsonStore {
  read(): Readonly<Record<string, unknown>>
  /** Adds to what is there; names that are not given stay. */
  write(values: Readonly<Record<string, unknown>>): void
}

export interface SettingsStore {
  current(): Settings
  /** `bad-server-address` when the server is neither https nor on this computer. */
  change(change: CallArgs<'changeSettings'>): Result<Settings>
  /** Called after a change with the settings in force. */
  onChange(listener: (settings: Settings, before: Settings) => void): void
}

export const defaultSettings: Settings = {
  server: 'https://core.cyberun.cloud/api/v1',
  servers: [],
  atOnce: 3,
  // The managed service's cap for one PUT; the API does not tell it.
  singlePutLimitBytes: 500_000_000,
  limitBytesPerSecond: null,
  streamsMost: 64,
  onConflict: 'ask',
  replacedFate: 'disable',
  language: 'system',
  theme: 'system',
  dense: false,
  onClose: 'ask',
  pauseBelowPercent: null,
  pauseOnMetered: false,
  lines: [],
  quietHours: [],
  updates: 'automatic',
  updateOnQuit: false,
}

/** What is on disk, field by field: one bad value costs that value alone. `refused` names the bad ones. */
export function parseSettings(stored: Readonly<Record<string, unknown>>): {
  readonly settings: Settings
  readonly refused: readonly string[]
} {
  const good: Record<string, unknown> = {}
  const refused: string[] = []
  for (const [name, schema] of Object.entries(settingsChange.entries)) {
    if (!Object.hasOwn(stored, name)) continue
    const parsed = v.safeParse(schema, stored[name])
    const isFit = parsed.success && (name !== 'server' || serverAddressOf(String(parsed.output)) !== null)
    if (isFit) good[name] = name === 'server' ? serverAddressOf(String(parsed.output)) : parsed.output
    else refused.push(name)
  }
  return { settings: { ...defaultSettings, ...good }, refused }
}

/**
 * The person's settings. A server named from outside (`MODELFERRY_SERVER`) wins over the stored one for this run and is
 * passed on as it is: falling back to another server than the one that was asked for would send files to a stranger.
 */
export function createSettings(options: {
  readonly store: JsonStore
  readonly serverFromOutside: string | undefined
  readonly log: Log
}): SettingsStore {
  const { store, serverFromOutside, log } = options
  const { settings, refused } = parseSettings(store.read())
  if (refused.length > 0) log.warn('stored settings were refused', { refused })
  const asked = serverFromOutside?.trim()
  const forced = asked ? { server: serverAddressOf(asked) ?? asked } : {}
  const listeners: ((settings: Settings, before: Settings) => void)[] = []
  let current: Settings = { ...settings, ...forced }

  return {
    current: () => current,
    change(change) {
      const server = change.server === undefined ? undefined : serverAddressOf(change.server)
      if (server === null) return failed(failure('bad-server-address'))
      const given = Object.entries({ ...change, server }).filter(([, value]) => value !== undefined)
      const values = Object.fromEntries(given)
      store.write(values)
      const before = current
      current = { ...current, ...values, ...forced }
      for (const listener of listeners) listener(current, before)
      return success(current)
    },
    onChange(listener) {
      listeners.push(listener)
    },
  }
}
