import * as v from 'valibot'
import type {
  AddReport,
  Flow,
  HistoryPage,
  Patch,
  SessionView,
  Settings,
  Snapshot,
  Surroundings,
  TeamChoice,
  UploadDetails,
} from './model.ts'
import type { Result } from './errors.ts'
import type { ServerCheck } from './server-check.ts'

/** Who answers: `engine` is the uploader, `desktop` is what only the shell can do. */
type Answerer = 'engine' | 'desktop'

interface Call<Who extends Answerer, Schema extends v.GenericSchema, Answer> {
  readonly who: Who
  readonly args: Schema
  /** Only for the compiler: what the call answers. */
  readonly answer?: Answer
}

function call<Answer>() {
  return <const Who extends Answerer, const Schema extends v.GenericSchema>(
    who: Who,
    args: Schema,
  ): Call<Who, Schema, Answer> => ({ who, args })
}

const nothing = v.undefined()
/** A device's account is named by host, person and team together. */
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(400))
const ids = v.pipe(v.array(id), v.maxLength(100_000))
const teamChoice = v.strictObject({ accountId: id, teamId: id }) satisfies v.GenericSchema<TeamChoice>
/** Filled in by the preload from `File` objects: the page cannot name a path. */
const paths = v.pipe(v.array(v.pipe(v.string(), v.maxLength(32_768))), v.maxLength(100_000))

export const serverAddress = v.pipe(v.string(), v.trim(), v.maxLength(2_000), v.url())

export const settingsChange = v.partial(
  v.strictObject({
    server: serverAddress,
    atOnce: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)),
    // From S3's smallest part to its largest single PUT (5 GiB): docs.aws.amazon.com, "Amazon S3 multipart upload limits".
    singlePutLimitBytes: v.pipe(
      v.number(),
      v.integer(),
      v.minValue(5 * 1024 ** 2),
      v.maxValue(5 * 1024 ** 3),
    ),
    // From a line so slow that PUTs would be taken for dead (see `stallMs`) to more than any line has.
    limitBytesPerSecond: v.nullable(
      v.pipe(v.number(), v.integer(), v.minValue(100_000), v.maxValue(10_000_000_000)),
    ),
    streamsMost: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
    language: v.picklist(['system', 'en', 'zh-Hans', 'zh-Hant']),
    theme: v.picklist(['system', 'light', 'dark']),
    dense: v.boolean(),
    onClose: v.picklist(['ask', 'keep-sending', 'quit']),
  }),
)

/** Lengths from openapi.yaml (DisplayName, ModelType); the path's own rule is checked where it can be explained. */
export const targetChange = v.strictObject({
  displayName: v.exactOptional(v.pipe(v.string(), v.maxLength(1_000))),
  modelType: v.exactOptional(v.pipe(v.string(), v.maxLength(1_000))),
  modelPath: v.exactOptional(v.pipe(v.string(), v.maxLength(4_000))),
})

/** Each call between page and main, once. Channels, binder, bridge, page types and the test double walk this table. */
export const calls = {
  surroundings: call<Surroundings>()('desktop', nothing),
  snapshot: call<Snapshot>()('engine', nothing),
  session: call<SessionView>()('engine', nothing),
  settings: call<Settings>()('desktop', nothing),
  changeSettings: call<Settings>()('desktop', settingsChange),

  /** Whether the server in force answers, and as this API. */
  checkServer: call<ServerCheck>()('engine', nothing),
  signIn: call<SessionView>()(
    'engine',
    v.strictObject({
      email: v.pipe(v.string(), v.maxLength(320)),
      password: v.pipe(v.string(), v.maxLength(1_000)),
    }),
  ),
  signInWithKey: call<SessionView>()(
    'engine',
    v.strictObject({ key: v.pipe(v.string(), v.maxLength(10_000)) }),
  ),
  /** Begins a pairing in the browser; how it goes on is in `SessionView.pairing`. */
  startPairing: call<SessionView>()('engine', nothing),
  cancelPairing: call<SessionView>()('engine', nothing),
  signOut: call<SessionView>()('engine', v.strictObject({ accountId: id })),
  chooseTeam: call<SessionView>()('engine', teamChoice),

  /** From the page: `{ files: File[] }`. The preload turns the files into paths. */
  addFiles: call<AddReport>()('engine', v.strictObject({ paths })),
  /** Opens the native picker; a cancelled picker answers an empty report. */
  chooseFiles: call<AddReport>()('desktop', v.strictObject({ what: v.picklist(['files', 'folder']) })),
  editTarget: call<void>()('engine', v.strictObject({ id, change: targetChange })),
  pause: call<void>()('engine', v.strictObject({ ids })),
  resume: call<void>()('engine', v.strictObject({ ids })),
  pauseAll: call<void>()('engine', nothing),
  resumeAll: call<void>()('engine', nothing),
  /** Stops it, removes what storage holds of it, takes the row away. */
  cancel: call<void>()('engine', v.strictObject({ ids })),
  retry: call<void>()('engine', v.strictObject({ ids })),
  moveToTop: call<void>()('engine', v.strictObject({ ids })),
  /** Takes finished rows out of the history. Nothing in the library changes. */
  forget: call<void>()('engine', v.strictObject({ ids })),
  /**
   * From now on `details` of this upload are told, and of no other; null for none. Answers how it stands now, or null when
   * it is not in the queue.
   */
  watch: call<UploadDetails | null>()('engine', v.strictObject({ id: v.nullable(id) })),
  history: call<HistoryPage>()(
    'engine',
    v.strictObject({
      beforeMs: v.nullable(v.number()),
      search: v.pipe(v.string(), v.maxLength(200)),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(500)),
    }),
  ),

  showInFolder: call<void>()('desktop', v.strictObject({ id })),
  copyText: call<void>()('desktop', v.strictObject({ text: v.pipe(v.string(), v.maxLength(10_000)) })),
  /** Opens one of the app's own addresses in the browser. The page names it, main holds the address. */
  openPage: call<void>()(
    'desktop',
    v.strictObject({ page: v.picklist(['web-app', 'documentation', 'licences', 'pairing']) }),
  ),
  /** Asks the keychain again, after the person has unlocked it; sign-ins that it kept all along are back. */
  recheckKeychain: call<void>()('desktop', nothing),
  quit: call<void>()('desktop', nothing),
} satisfies Record<string, Call<Answerer, v.GenericSchema, unknown>>

export type CallName = keyof typeof calls

/** A command that a native menu or the tray gives to the page. */
export type PageCommand =
  'choose-files' | 'choose-folder' | 'show-settings' | 'show-history' | 'show-uploads' | 'find'

/** What main announces. Events say what has become true; they do not steer, but for `command`, which is a menu's click. */
export interface Events {
  readonly patch: Patch
  readonly flow: Flow
  /** Of the upload that is watched. */
  readonly details: UploadDetails
  readonly session: SessionView
  readonly settings: Settings
  readonly surroundings: Surroundings
  /** A report of files that came in without the page's doing: a second start, the dock, the tray. */
  readonly added: AddReport
  readonly command: PageCommand
}
export type EventName = keyof Events
/** At run time only the names are needed; the type says that none is missing and none is extra. */
export const eventNames = Object.keys({
  patch: true,
  flow: true,
  details: true,
  session: true,
  settings: true,
  surroundings: true,
  added: true,
  command: true,
} satisfies Record<EventName, true>) as readonly EventName[]

export type CallArgs<Name extends CallName> = v.InferOutput<(typeof calls)[Name]['args']>
export type CallAnswer<Name extends CallName> =
  (typeof calls)[Name] extends Call<Answerer, v.GenericSchema, infer Answer> ? Answer : never

/** The calls that one side answers. */
export type CallNameOf<Who extends Answerer> = {
  [Name in CallName]: (typeof calls)[Name]['who'] extends Who ? Name : never
}[CallName]

/** What main implements: one function per call. */
export type CallHandlers = {
  readonly [Name in CallName]: (args: CallArgs<Name>) => Promise<Result<CallAnswer<Name>>>
}

/** What the page passes: the same, but files in place of paths, and nothing in place of `undefined`. */
type PageArgs<Name extends CallName> = Name extends 'addFiles'
  ? [args: { readonly files: readonly File[] }]
  : CallArgs<Name> extends undefined
    ? []
    : [args: CallArgs<Name>]

/** `window.modelferry` */
export type Bridge = {
  readonly [Name in CallName]: (...args: PageArgs<Name>) => Promise<Result<CallAnswer<Name>>>
} & {
  /** Subscribes; the answer unsubscribes. */
  readonly on: <Name extends EventName>(name: Name, listener: (value: Events[Name]) => void) => () => void
}

export const callChannel = (name: CallName) => `call:${name}`
export const eventChannel = (name: EventName) => `event:${name}`
