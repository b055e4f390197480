import * as v from 'valibot'
import { onConflict, replacedFate } from './library.ts'
import { modelFormats } from './recognition.ts'
import { reviewSetting } from './review.ts'
import { serverAddress, serverEntry, singlePutLimit, storedServerAddress } from './servers.ts'

const integer = (min: number, max: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max))
const list = <Item extends v.GenericSchema>(item: Item, maxLength: number) =>
  v.pipe(v.array(item), v.maxLength(maxLength), v.readonly())

/**
 * Bytes a second. Below the minimum a PUT would be taken for stalled (`stallMs`); the maximum is faster than
 * any connection.
 */
export const speedLimit = integer(100_000, 10_000_000_000)

/** The maximum number of parallel PUTs. */
export const streamsMost = integer(1, 64)

/** More would make the whole list invalid. */
export const maxServers = 50

const networkText = v.pipe(v.string(), v.minLength(1), v.maxLength(200))
/** A network by the system's id for it, and whether the user says that it is metered. */
const knownNetwork = v.strictObject({ id: networkText, name: networkText, isMetered: v.boolean() })
/** More would make the whole list invalid. */
export const maxKnownNetworks = 100
export type KnownNetwork = Readonly<v.InferOutput<typeof knownNetwork>>

/** The networks with this one in place of its earlier entry, or of the oldest one if there are too many. */
export function withNetwork(
  networks: readonly KnownNetwork[],
  network: KnownNetwork,
): readonly KnownNetwork[] {
  return [...networks.filter(({ id }) => id !== network.id), network].slice(-maxKnownNetworks)
}

const minuteOfDay = integer(0, 24 * 60 - 1)
/** Hours of the week, in local time, in which uploads are slower or paused. */
const quietHours = v.strictObject({
  /** Days on which they start, 0 for Sunday. */
  days: list(integer(0, 6), 7),
  /** Minutes since midnight. When `toMinute` is not after `fromMinute` they end on the next day. */
  fromMinute: minuteOfDay,
  toMinute: minuteOfDay,
  /** Null pauses uploads. */
  limitBytesPerSecond: v.nullable(speedLimit),
})
export type QuietHours = Readonly<v.InferOutput<typeof quietHours>>

/** Every setting with its default. Types and initial values everywhere else are derived from this schema. */
export const settingsSchema = v.strictObject({
  /** Base URL of the API for new sign-ins. */
  server: v.optional(storedServerAddress, 'https://core.cyberun.cloud/api/v1'),
  /** Other known servers, and those with a limit of their own. */
  servers: v.optional(list(serverEntry, maxServers), []),
  /** Files that upload at the same time. */
  atOnce: v.optional(integer(1, 8), 3),
  /**
   * Largest file uploaded with one PUT, in bytes. The API does not report it; the default is the managed
   * service's limit.
   */
  singlePutLimitBytes: v.optional(singlePutLimit, 500_000_000),
  /** Over all files; null for no limit. */
  limitBytesPerSecond: v.optional(v.nullable(speedLimit), null),
  /** Maximum number of parallel PUTs over all files. */
  streamsMost: v.optional(streamsMost, 64),
  /** Also applies to the command line and to watched folders. */
  onConflict: v.optional(onConflict, 'ask'),
  /** What happens to a model that was replaced. */
  replacedFate: v.optional(replacedFate, 'disable'),
  /** Which added files are reviewed before they are sent. Also applies to the command line. */
  review: v.optional(reviewSetting, 'when-needed'),
  /** Formats that may be uploaded; null for all. */
  allowedFormats: v.optional(v.nullable(list(v.picklist(modelFormats), modelFormats.length)), null),
  /** Whether files that PyTorch would load as pickles may be uploaded. */
  allowPickles: v.optional(v.boolean(), true),
  /**
   * Parts of licence names that need confirmation, in addition to the known restrictive ones. Files with
   * these licences are always reviewed.
   */
  confirmLicences: v.optional(list(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)), 50), []),
  language: v.optional(v.picklist(['system', 'en', 'zh-Hans', 'zh-Hant']), 'system'),
  theme: v.optional(v.picklist(['system', 'light', 'dark']), 'system'),
  dense: v.optional(v.boolean(), false),
  /** What closing the window does; `ask` until the user has chosen. */
  onClose: v.optional(v.picklist(['ask', 'keep-sending', 'quit']), 'ask'),
  /** Battery charge in percent below which uploads are paused; null for never. */
  pauseBelowPercent: v.optional(v.nullable(integer(1, 99)), null),
  pauseOnMetered: v.optional(v.boolean(), false),
  /** Networks for which the user corrected what the system reports. */
  lines: v.optional(list(knownNetwork, maxKnownNetworks), []),
  quietHours: v.optional(list(quietHours, 10), []),
  /** When the present queue is to be done, in ms since the epoch; null for no deadline. */
  deadlineMs: v.optional(v.nullable(integer(0, 8_640_000_000_000_000)), null),
  /** `automatic` installs a newer version without asking; `off` does not check for one. */
  updates: v.optional(v.picklist(['automatic', 'ask', 'off']), 'automatic'),
  /** Whether quitting installs a downloaded version. */
  updateOnQuit: v.optional(v.boolean(), false),
})

export type Settings = Readonly<v.InferOutput<typeof settingsSchema>>

export const defaultSettings: Settings = v.parse(settingsSchema, {})

/**
 * Any of the settings. An invalid server is accepted here, so that the change fails with
 * `bad-server-address`.
 */
export const settingsChange = v.partial(v.strictObject({ ...settingsSchema.entries, server: serverAddress }))
