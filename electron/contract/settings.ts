import * as v from 'valibot'
import { onConflict, replacedFate, type OnConflict, type ReplacedFate } from './library.ts'
import { quietHoursSchema, type QuietHours } from './quiet-hours.ts'
import { serverAddressOf } from './server-address.ts'

/** A deployment of the API that this computer knows. */
export interface ServerEntry {
  readonly address: string
  /** Largest file that goes there as one PUT, in bytes; null for the limit that holds where none is set. */
  readonly singlePutLimitBytes: number | null
}

export interface Settings {
  /** Base URL of the API that new sign-ins go to, such as `https://core.cyberun.cloud/api/v1`. */
  readonly server: string
  /** The servers that are known besides, or with a limit of their own. */
  readonly servers: readonly ServerEntry[]
  /** Files that run at the same time, 1–8. */
  readonly atOnce: number
  /** Largest file that goes as one PUT where a server has no limit of its own, in bytes: the API does not tell it. */
  readonly singlePutLimitBytes: number
  /** No more than this goes out in a second, over all files; null for as fast as the line. */
  readonly limitBytesPerSecond: number | null
  /** Parallel PUTs that sending may grow to, 1–64, over all files. */
  readonly streamsMost: number
  /** What happens to a file whose library path other bytes have: also on the command line and for watched folders. */
  readonly onConflict: OnConflict
  /** What becomes of a model that was replaced. */
  readonly replacedFate: ReplacedFate
  readonly language: 'system' | 'en' | 'zh-Hans' | 'zh-Hant'
  readonly theme: 'system' | 'light' | 'dark'
  readonly dense: boolean
  /** What closing the window does: `ask` until the person was told once. */
  readonly onClose: 'ask' | 'keep-sending' | 'quit'
  /** On battery nothing is sent below this, in percent; null for never. */
  readonly pauseBelowPercent: number | null
  /** Nothing is sent on a line that is paid by the byte. */
  readonly pauseOnMetered: boolean
  /** Lines about which the person knows better than the system. */
  readonly lines: readonly KnownLine[]
  readonly quietHours: readonly QuietHours[]
  /** What becomes of a newer version: it installs by itself, the person is asked, or nobody looks for one. */
  readonly updates: 'automatic' | 'ask' | 'off'
  /** Whether a version that is ready takes this one's place when the person quits. */
  readonly updateOnQuit: boolean
}

/** A network by the system's id for it, and what the person says that it is. */
export interface KnownLine {
  readonly id: string
  readonly name: string
  readonly isMetered: boolean
}

export const serverAddress = v.pipe(v.string(), v.trim(), v.maxLength(2_000), v.url())

// From S3's smallest part to its largest single PUT (5 GiB): docs.aws.amazon.com, "Amazon S3 multipart upload limits".
const putLimit = v.pipe(v.number(), v.integer(), v.minValue(5 * 1024 ** 2), v.maxValue(5 * 1024 ** 3))

const keptAddress = v.pipe(serverAddress, v.transform(serverAddressOf), v.string())
const serverEntry = v.strictObject({ address: keptAddress, singlePutLimitBytes: v.nullable(putLimit) })
// From a line so slow that PUTs would be taken for dead (see `stallMs`) to more than any line has.
const speedLimit = v.pipe(v.number(), v.integer(), v.minValue(100_000), v.maxValue(10_000_000_000))
const lineName = v.pipe(v.string(), v.minLength(1), v.maxLength(200))

export const settingsChange = v.partial(
  v.strictObject({
    server: serverAddress,
    servers: v.pipe(v.array(serverEntry), v.maxLength(50), v.readonly()),
    atOnce: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)),
    singlePutLimitBytes: putLimit,
    limitBytesPerSecond: v.nullable(speedLimit),
    streamsMost: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
    onConflict,
    replacedFate,
    language: v.picklist(['system', 'en', 'zh-Hans', 'zh-Hant']),
    theme: v.picklist(['system', 'light', 'dark']),
    dense: v.boolean(),
    onClose: v.picklist(['ask', 'keep-sending', 'quit']),
    pauseBelowPercent: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(99))),
    pauseOnMetered: v.boolean(),
    lines: v.pipe(
      v.array(v.strictObject({ id: lineName, name: lineName, isMetered: v.boolean() })),
      v.maxLength(100),
      v.readonly(),
    ),
    quietHours: v.pipe(v.array(quietHoursSchema(speedLimit)), v.maxLength(10), v.readonly()),
    updates: v.picklist(['automatic', 'ask', 'off']),
    updateOnQuit: v.boolean(),
  }),
)
