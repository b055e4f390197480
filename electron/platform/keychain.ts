import { createHash, randomBytes } from 'node:crypto'
import { failed, failure, success, type Failure, type Result } from '../contract/failures.ts'
import type { Log, SecretStore } from './environment.ts'

/** The part of keytar that is used. `findCredentials` is omitted because it crashes with a locked keyring. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>
  setPassword(service: string, account: string, password: string): Promise<void>
  deletePassword(service: string, account: string): Promise<boolean>
}

export interface Keychain extends SecretStore {
  /**
   * Whether a call to the keychain has not returned. It blocks a thread of the process, so that a normal exit
   * would wait forever: see `endProcess`.
   */
  isStuck(): boolean
  /** A call that had not returned in time has succeeded after all: the keychain responds again. */
  onRecovered(listener: () => void): void
}

const service = 'Modelferry'

/** Long enough for the user to enter the keyring's password. */
const defaultLimitMs = 30_000

/**
 * Windows stores at most 2,560 bytes in one credential (wincred.h, CRED_MAX_CREDENTIAL_BLOB_SIZE). Longer
 * secrets are split into several entries on all systems, so that they run the same code.
 */
export const entryLimitBytes = 2_400

/** Prefix of an entry that only refers to the pieces of the secret. */
const headMark = 'modelferry-parts:'

/** Splits a secret into pieces of at most `limitBytes` of UTF-8, never inside a character. */
export function splitSecret(secret: string, limitBytes: number): string[] {
  const pieces: string[] = []
  let piece = ''
  let pieceBytes = 0
  for (const character of secret) {
    const bytes = Buffer.byteLength(character)
    if (pieceBytes + bytes > limitBytes && piece !== '') {
      pieces.push(piece)
      piece = ''
      pieceBytes = 0
    }
    piece += character
    pieceBytes += bytes
  }
  if (piece !== '') pieces.push(piece)
  return pieces
}

interface Head {
  readonly count: number
  readonly generation: string
  readonly digest: string
}

function readHead(entry: string | null): Head | null {
  const match = /^modelferry-parts:(\d{1,3}):([0-9a-f]{8}):([0-9a-f]{64})$/.exec(entry ?? '')
  if (!match) return null
  const [, count, generation, digest] = match
  return { count: Number(count), generation: generation ?? '', digest: digest ?? '' }
}

const digestOf = (secret: string) => createHash('sha256').update(secret).digest('hex')
const pieceName = (name: string, { generation }: Pick<Head, 'generation'>, index: number) =>
  `${name} part ${generation} ${index + 1}`

/** The failure for an error message of libsecret, the macOS Keychain or the Windows credential store. */
function keychainFailure(error: unknown): Failure {
  const detail = error instanceof Error ? error.message : String(error)
  const locked = /locked|interaction is not allowed|cancel|denied|dismissed/i
  return failure(locked.test(detail) ? 'keychain-locked' : 'keychain-absent', {}, { detail })
}

async function loadKeytar(): Promise<Keytar> {
  const { default: keytar } = await import('keytar')
  return keytar
}

/**
 * The operating system's keychain, through keytar. Each call ends within `limitMs` (`keychain-slow`), and
 * while one is stuck, further calls fail at once, since every stuck call blocks one of the process's few
 * threads.
 */
export function createKeychain(options: {
  readonly log: Log
  readonly limitMs?: number
  readonly load?: () => Promise<Keytar>
}): Keychain {
  const { log, limitMs = defaultLimitMs, load = loadKeytar } = options
  let last: Promise<unknown> = Promise.resolve()
  let stuckCalls = 0
  const listeners: (() => void)[] = []

  async function withLimit<T>(what: string, work: () => Promise<T>): Promise<Result<T>> {
    if (stuckCalls > 0) return failed(failure('keychain-slow'))
    let overdue = false
    const working = work()
    const limit = Promise.withResolvers<Result<T>>()
    const timer = setTimeout(() => {
      overdue = true
      stuckCalls += 1
      log.warn('the keychain does not respond', { what, limitMs })
      limit.resolve(failed(failure('keychain-slow')))
    }, limitMs)
    const answer = working.then(success<T>, (error: unknown) => {
      log.warn('a keychain call failed', { what, error })
      return failed(keychainFailure(error))
    })
    void answer.then(({ ok }) => {
      if (!overdue) return
      stuckCalls -= 1
      // After a refusal, the next call could ask the user for the same password again.
      if (ok) for (const listener of listeners) listener()
    })
    try {
      return await Promise.race([answer, limit.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Runs calls one after the other: a secret in pieces must not be read while it is being written. */
  function inTurn<T>(what: string, work: (keytar: Keytar) => Promise<T>): Promise<Result<T>> {
    const turn = last.then(() => withLimit(what, async () => work(await load())))
    last = turn
    return turn
  }

  return {
    get: (name) => inTurn('get', (keytar) => readSecret(keytar, name)),
    set: (name, secret) => inTurn('set', (keytar) => writeSecret(keytar, name, secret)),
    delete: (name) => inTurn('delete', (keytar) => deleteSecret(keytar, name)),
    isStuck: () => stuckCalls > 0,
    onRecovered: (listener) => void listeners.push(listener),
  }
}

async function readSecret(keytar: Keytar, name: string): Promise<string | null> {
  const entry = await keytar.getPassword(service, name)
  const head = readHead(entry)
  if (!head) return entry
  const pieces: string[] = []
  for (let index = 0; index < head.count; index += 1) {
    const piece = await keytar.getPassword(service, pieceName(name, head, index))
    if (piece === null) return null
    pieces.push(piece)
  }
  const secret = pieces.join('')
  // If another program has replaced pieces, the secret counts as not stored.
  return digestOf(secret) === head.digest ? secret : null
}

/** Writes the head after the pieces: a crash in between leaves the old secret intact. */
async function writeSecret(keytar: Keytar, name: string, secret: string): Promise<void> {
  const before = readHead(await keytar.getPassword(service, name))
  if (Buffer.byteLength(secret) <= entryLimitBytes && !secret.startsWith(headMark)) {
    await keytar.setPassword(service, name, secret)
  } else {
    const pieces = splitSecret(secret, entryLimitBytes)
    const head: Head = {
      count: pieces.length,
      generation: randomBytes(4).toString('hex'),
      digest: digestOf(secret),
    }
    for (const [index, piece] of pieces.entries()) {
      await keytar.setPassword(service, pieceName(name, head, index), piece)
    }
    await keytar.setPassword(service, name, `${headMark}${head.count}:${head.generation}:${head.digest}`)
  }
  if (before) await deletePieces(keytar, name, before)
}

async function deleteSecret(keytar: Keytar, name: string): Promise<void> {
  const head = readHead(await keytar.getPassword(service, name))
  await keytar.deletePassword(service, name)
  if (head) await deletePieces(keytar, name, head)
}

async function deletePieces(keytar: Keytar, name: string, head: Head): Promise<void> {
  for (let index = 0; index < head.count; index += 1) {
    await keytar.deletePassword(service, pieceName(name, head, index))
  }
}

/**
 * Ends the process after everything is flushed. With a stuck keychain call, `process.exit` would wait for its
 * thread forever, so the process is killed instead and has no exit code. It may return: Electron's `process.exit`
 * does (its lib/browser/init.ts).
 */
export function endProcess(code: number, keychain: Pick<Keychain, 'isStuck'>): void {
  if (keychain.isStuck()) process.kill(process.pid, 'SIGKILL')
  process.exit(code)
}
