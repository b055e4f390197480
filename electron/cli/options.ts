/** One option of a command, with its text in the help. */
interface OptionInfo {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** Placeholder for its value in the help. */
  readonly value?: string
  /** It may be given several times. */
  readonly multiple?: boolean
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

const help = { type: 'boolean', short: 'h', about: 'show this help' } as const
const json = (events: string) => ({ type: 'boolean', about: events }) as const
const quiet = {
  type: 'boolean',
  short: 'q',
  about: 'only print failures; with --json, no progress events',
} as const

const limit = {
  type: 'string',
  value: 'rate',
  about: 'speed limit: 5M (5 MB/s), 500K or bytes per second; default: MODELFERRY_LIMIT',
} as const
const streams = {
  type: 'string',
  value: 'number',
  about: 'maximum number of connections, 1 to 64 (default: automatic)',
} as const

const events = 'print events as JSON, one object per line (docs/json-output.md)'

const uploadNames = `Uploads are named by ID, as in "modelferry status --json", or by the name of their file or model.`

/** Every command with its options. Parser and help are derived from this table. */
export const commands = {
  upload: {
    words: '<paths…>',
    about: 'upload files and folders to the library; resumes unfinished uploads',
    options: {
      team: {
        type: 'string',
        multiple: true,
        value: 'id or name',
        about: 'team to upload to; repeat it to upload to several teams',
      },
      type: {
        type: 'string',
        value: 'type',
        about: 'model type, such as loras (default: detected from the file)',
      },
      path: {
        type: 'string',
        value: 'path',
        about: 'library path, for a single file: letters, digits, _ . / - and spaces',
      },
      name: { type: 'string', value: 'name', about: 'display name, for a single file' },
      'allow-pickle': {
        type: 'boolean',
        about: 'also upload files that look suspicious or couldn’t be scanned',
      },
      'allow-dangerous-pickle': {
        type: 'boolean',
        about: 'also upload files that run harmful code when loaded',
      },
      'follow-links': {
        type: 'boolean',
        about: 'also upload models that links out of an added folder lead to',
      },
      'on-conflict': {
        type: 'string',
        value: 'what',
        about: 'for path conflicts: skip, rename, replace, keep-both or ask',
      },
      yes: {
        type: 'boolean',
        short: 'y',
        about: 'don’t ask: skip broken or unsafe files, path conflicts and links out of a folder',
      },
      'dry-run': {
        type: 'boolean',
        about: 'show what would be uploaded and what needs a decision, and upload nothing',
      },
      detach: { type: 'boolean', about: 'return once the running app has queued the files' },
      'abort-on-interrupt': {
        type: 'boolean',
        about: 'Ctrl-C cancels these uploads and deletes their data from storage',
      },
      limit,
      streams,
      json: json(events),
      quiet,
      help,
    },
    more: `The default team is MODELFERRY_TEAM, then the team used last, then your only team.

Files that are already in the library aren’t uploaded. --on-conflict applies when a different model uses the same
library path: "rename" and "keep-both" use the next free path, "replace" registers the new model and then disables
or deletes the old one (depending on the app’s settings), and "ask" lets you decide in the app. The default is the
app’s setting.

More than 5 models or 20 GB, and files that need a decision, are shown before anything is uploaded, depending on the
app’s settings or MODELFERRY_REVIEW. Answer on a terminal, or use --yes; otherwise the exit code is 1.

Ctrl-C pauses the upload and keeps the uploaded data. Run the same command or "modelferry resume" to continue, also
after a crash. Press Ctrl-C again to stop at once. Put file names that start with a dash after "--".`,
  },
  workflow: {
    words: '<file>',
    about: 'list the models that a ComfyUI workflow needs and which ones the team is missing',
    options: {
      team: { type: 'string', value: 'id or name', about: 'team whose library is checked' },
      upload: { type: 'boolean', about: 'upload missing models that are on this computer' },
      limit,
      streams,
      json: json(events),
      quiet,
      help,
    },
    more: `The file can be a workflow in JSON (from ComfyUI’s window or API), or a picture, video, sound or 3D model with a
workflow in it. Models are searched in the common locations of ComfyUI and similar programs and in earlier uploads.
Nothing is downloaded.`,
  },
  find: {
    words: '',
    about: 'list the models on this computer, and what the team already has of them',
    options: {
      team: { type: 'string', value: 'id or name', about: 'team whose library is compared' },
      json: json('print JSON, one object per model (docs/json-output.md)'),
      help,
    },
    more: `Searches the common locations of ComfyUI, Stability Matrix, A1111, Forge, SD.Next, InvokeAI, SwarmUI and Fooocus. Only
names and sizes are read; nothing is uploaded. Without signing in, models are listed without a comparison. The exit
code is 1 if folders couldn’t be searched completely, or if the library can’t be listed.`,
  },
  inspect: {
    words: '<paths…>',
    about: 'show what files contain, without uploading or signing in',
    options: {
      report: {
        type: 'boolean',
        about: 'print a text for reporting a wrong recognition, without weights, paths or prompts',
      },
      json: json('print JSON, one object per file (docs/json-output.md)'),
      help,
    },
    more: `Shows the type, the base model, the reason for both, and the library path. Files that "upload" would reject are rejected
here for the same reason; the exit code is then 1.`,
  },
  verify: {
    words: '<receipt>',
    about: 'compare a receipt with the file on this computer and the library’s record',
    options: {
      file: {
        type: 'string',
        value: 'path',
        about: 'the file (default: its name beside the receipt, or where it was uploaded from)',
      },
      json: json('print JSON, one object per receipt (docs/json-output.md)'),
      help,
    },
    more: `Receipts are saved from the details of an upload, or for several uploads in the history. The exit code is 0 only if
the library’s record matches the receipt, and the file does too or wasn’t found; 3 without a sign-in to the team.`,
  },
  pause: {
    words: '[uploads…]',
    about: 'pause uploads of the running app',
    options: { all: { type: 'boolean', about: 'pause the whole queue' }, help },
    more: `${uploadNames} Parts that need a few seconds are finished first.`,
  },
  resume: {
    words: '[uploads…]',
    about: 'finish all uploads in the queue, or resume uploads of the running app',
    options: {
      all: { type: 'boolean', about: 'resume everything that is paused in the running app' },
      limit,
      streams,
      json: json(events),
      quiet,
      help,
    },
    more: `With uploads or --all, the running app resumes them. ${uploadNames}

Otherwise resumes paused, failed and interrupted uploads of all accounts that are signed in, and waits for them. Uploads of accounts
that are signed out, and those that wait for approval in the app, are listed but not resumed.`,
  },
  retry: {
    words: '[uploads…]',
    about: 'try failed uploads of the running app again',
    options: { all: { type: 'boolean', about: 'retry all that have failed' }, help },
    more: uploadNames,
  },
  remove: {
    words: '<uploads…>',
    about: 'cancel uploads of the running app and delete what storage has of them',
    options: { yes: { type: 'boolean', short: 'y', about: 'don’t ask' }, help },
    more: `${uploadNames} The files stay on this computer.`,
  },
  move: {
    words: '<uploads…>',
    about: 'change the order in which the running app uploads',
    options: {
      first: { type: 'boolean', about: 'upload them next' },
      last: { type: 'boolean', about: 'upload them after all others' },
      before: { type: 'string', value: 'upload', about: 'upload them before this one' },
      help,
    },
    more: uploadNames,
  },
  limit: {
    words: '[rate]',
    about: 'show or change the speed limit of the running app: 5M (5 MB/s), 500K, or off',
    options: { help },
    more: 'It is the limit in the app’s settings and stays until it is changed again.',
  },
  status: {
    words: '',
    about: 'show the upload queue; works while the app is running and without signing in',
    options: {
      follow: {
        type: 'boolean',
        short: 'f',
        about: 'show what the running app uploads until Ctrl-C; with --json, events as of "upload"',
      },
      json: json('print one JSON object (docs/json-output.md)'),
      help,
    },
  },
  history: {
    words: '[text]',
    about: 'list what was uploaded from this computer, latest first',
    options: {
      count: { type: 'string', value: 'number', about: 'maximum number of uploads (default: 50)' },
      json: json('print JSON, one object per upload (docs/json-output.md)'),
      help,
    },
    more: 'With a text, only uploads with it in the name or path are listed.',
  },
  library: {
    words: '<list|show|rename|disable|enable|rm> [models…]',
    about: 'list, change or delete models of a team’s library',
    options: {
      team: { type: 'string', value: 'id or name', about: 'team whose library is used' },
      name: { type: 'string', value: 'name', about: 'new display name, for rename' },
      yes: { type: 'boolean', short: 'y', about: 'delete without asking' },
      json: json('with list and show: print JSON, one object per model (docs/json-output.md)'),
      help,
    },
    more: `Models are named by ID, display name or library path. "list" takes a text that names, types or paths contain.
Example: modelferry library rename "Harbour v1" --name "Harbour v2"`,
  },
  watch: {
    words: '<list|add|pause|resume|rm> [folders…]',
    about: 'list or change the folders whose new models the running app uploads',
    options: {
      team: { type: 'string', value: 'id or name', about: 'with add: team to upload to' },
      json: json('with list: print JSON, one object per folder (docs/json-output.md)'),
      help,
    },
    more: `Folders are named by ID or path. Models that are in a folder when it is added are not uploaded.
Example: modelferry watch add --team "Studio North" ./loras`,
  },
  log: {
    words: '<upload>',
    about: 'show the log of an upload: phases, retries, pauses and speed',
    options: { json: json('print one JSON object (docs/json-output.md)'), help },
    more: `The upload is an ID, as in "modelferry status --json", or the name of its file or model. Works for uploads in the queue
and in the history, while the app is running and without signing in. The exit code is 1 if several uploads have this
name.`,
  },
  check: {
    words: '',
    about: 'check the connection: DNS, proxy, port, certificate, server, clock and sign-in',
    options: {
      storage: {
        type: 'boolean',
        about: 'also upload 8 MB to the team’s storage and delete it again; adds nothing to the library',
      },
      team: { type: 'string', value: 'id or name', about: 'with --storage: team whose storage is tested' },
      json: json('print JSON, one object per step (docs/json-output.md)'),
      help,
    },
    more: `Works without signing in; steps that can’t be checked are skipped. --storage requires a sign-in by password. The exit
code is 1 if a check fails, and 3 if only the sign-in fails.`,
  },
  login: {
    words: '',
    about: 'sign in by pairing in the browser, with a password or with a device key',
    options: {
      email: {
        type: 'string',
        value: 'email',
        about: 'sign in with a password (read from a prompt)',
      },
      key: {
        type: 'string',
        value: '-',
        about: 'sign in with a device key (dk-…), read from standard input',
      },
      help,
    },
    more: `Without options, a code and a URL are shown. Confirm the code in a browser to sign in this computer for one team. The
sign-in is saved in the system’s keychain. Never put a key or password in the command itself.`,
  },
  logout: {
    words: '[account]',
    about: 'sign out of one or all accounts, and delete their sign-ins from the keychain',
    options: {
      remove: {
        type: 'boolean',
        about: 'delete uploads and history of the account here, instead of encrypting them',
      },
      keep: { type: 'boolean', about: 'leave uploads and history of the account readable' },
      help,
    },
    more: `The account is an email address or an ID, as shown by "modelferry accounts". Its uploads, paths and history on this
computer are encrypted, with a key in the keychain, until it signs in again. Without a keychain the command fails;
use --remove or --keep then.`,
  },
  accounts: {
    words: '',
    about: 'list the accounts on this computer',
    options: {
      json: json('print JSON, one object per line'),
      'discard-encrypted': {
        type: 'boolean',
        about: 'delete uploads and history that were encrypted at a sign-out and can’t be opened any more',
      },
      help,
    },
  },
  teams: {
    words: '',
    about: 'list the teams you can upload to',
    options: { json: json('print JSON, one object per line'), help },
  },
} as const satisfies Record<string, CommandInfo>

export type CommandName = keyof typeof commands

export const isCommandName = (word: string): word is CommandName => Object.hasOwn(commands, word)
