/** One option of a command, with its text in the help. */
interface OptionInfo {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** Placeholder for its value in the help. */
  readonly value?: string
  readonly about: string
}

export interface CommandInfo {
  /** The arguments after the command's name in the help. */
  readonly words: string
  readonly about: string
  readonly options: Readonly<Record<string, OptionInfo>>
  /** More paragraphs in the command's own help. */
  readonly more?: string
}

const help = { type: 'boolean', short: 'h', about: 'this help' } as const
const json = (events: string) => ({ type: 'boolean', about: events }) as const
const quiet = {
  type: 'boolean',
  short: 'q',
  about: 'say only what failed; with --json leave out progress',
} as const

const limit = {
  type: 'string',
  value: 'rate',
  about: 'send no faster: 5M, 500K or bytes a second (5M is 5 MB/s); else MODELFERRY_LIMIT',
} as const
const streams = {
  type: 'string',
  value: 'number',
  about: 'parallel connections at most, 1 to 64; without it as many as help',
} as const

const events = 'one JSON object a line for each thing that has happened (docs/command-line.md)'

/** Every command with its options. Parser and help are derived from this table. */
export const commands = {
  upload: {
    words: '<paths…>',
    about: 'send files and folders to the library; what was begun before goes on',
    options: {
      team: { type: 'string', value: 'id or name', about: 'the team to upload to' },
      type: { type: 'string', value: 'type', about: 'model type, such as loras; else what the file tells' },
      path: {
        type: 'string',
        value: 'path',
        about: 'library path, for one file: letters, digits, _ . / space -',
      },
      name: { type: 'string', value: 'name', about: 'display name, for one file' },
      'allow-pickle': {
        type: 'boolean',
        about: 'send files that look suspicious, or that could not be looked through',
      },
      'allow-dangerous-pickle': {
        type: 'boolean',
        about: 'send even files that would run something harmful when loaded',
      },
      'on-conflict': {
        type: 'string',
        value: 'what',
        about: 'where a library path has other bytes: skip, rename, replace, keep-both or ask',
      },
      'abort-on-interrupt': {
        type: 'boolean',
        about: 'Ctrl-C removes these uploads and what storage holds of them',
      },
      limit,
      streams,
      json: json(events),
      quiet,
      help,
    },
    more: `Without --team the team is MODELFERRY_TEAM, else the one chosen last, else your only one.

A file whose bytes the library has is not sent. --on-conflict is for a path that other bytes have: rename and
keep-both take the next free path, replace registers the new model and then disables or deletes the old one (as
the app's settings say), ask leaves the file to be chosen about in the app. Without it the app's settings hold.

Ctrl-C pauses and keeps what was sent: the same command or "modelferry resume" goes on from there, and so it
does after a crash. A second Ctrl-C ends at once. A name that begins with a dash goes behind --.`,
  },
  workflow: {
    words: '<file>',
    about: 'list the models that a ComfyUI workflow needs, and which of them the team lacks',
    options: {
      team: { type: 'string', value: 'id or name', about: 'the team whose library is looked at' },
      upload: { type: 'boolean', about: 'send those that the team lacks and this computer has' },
      limit,
      streams,
      json: json(events),
      quiet,
      help,
    },
    more: `The workflow is JSON of the page or of the API, or a PNG or WebP that ComfyUI saved. Its models are looked for in the
usual places of ComfyUI and its kin and among earlier uploads. Nothing is downloaded.`,
  },
  inspect: {
    words: '<paths…>',
    about: 'say what files and folders are, without sending or signing in',
    options: { json: json('one JSON object a line for each file (docs/command-line.md)'), help },
    more: `Tells type, base, why we think so, and where it would go; a file that upload would refuse is refused here with the same
reason. Exit code 1 when any is.`,
  },
  resume: {
    words: '',
    about: 'finish everything that is left in the queue',
    options: { limit, streams, json: json(events), quiet, help },
    more: `Takes what was paused, failed or interrupted, of all accounts that are signed in. What a running app or another
command has is left to it, what belongs to an account that is not signed in stays; both are said.`,
  },
  status: {
    words: '',
    about: 'show what is left in the queue; works beside the app, without signing in',
    options: { json: json('one JSON object, see docs/command-line.md'), help },
  },
  check: {
    words: '',
    about: 'check the connection: name, proxy, line, certificate, server, clock and sign-in',
    options: {
      storage: {
        type: 'boolean',
        about: "send 8 MiB to the team's storage as well, and take it back; adds nothing to the library",
      },
      team: { type: 'string', value: 'id or name', about: 'with --storage: the team whose storage is tried' },
      json: json('one JSON object a line for each step (docs/command-line.md)'),
      help,
    },
    more: `Works without signing in; what can't be tried is skipped. --storage takes a sign-in by password, since a paired one
can't send in parts. Exit code 1 when something on the way doesn't work, 3 when only the sign-in doesn't.`,
  },
  login: {
    words: '',
    about: 'sign in: by pairing in the browser, by password, or with a device key',
    options: {
      email: {
        type: 'string',
        value: 'e-mail',
        about: 'by password, which is asked for without being shown',
      },
      key: { type: 'string', value: '-', about: 'with a dk- key, read from standard input' },
      help,
    },
    more: `Without an option a code and an address are shown: whoever confirms the code in the browser has signed this computer in
for one team. What is given stays in the system's keychain. A key or a password is never part of the command.`,
  },
  logout: {
    words: '[account]',
    about: 'sign out, of all accounts or one, and remove what the keychain holds',
    options: { help },
    more: `The account is an e-mail address or an id, as "modelferry accounts" shows them.`,
  },
  accounts: {
    words: '',
    about: 'list who has signed in on this computer',
    options: { json: json('one JSON object a line'), help },
  },
  teams: {
    words: '',
    about: 'list the teams you can upload to',
    options: { json: json('one JSON object a line'), help },
  },
} as const satisfies Record<string, CommandInfo>

export type CommandName = keyof typeof commands

export const isCommandName = (word: string): word is CommandName => Object.hasOwn(commands, word)
