import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEMO_ACCOUNTS, accountByEmail } from './accounts.ts'
import type { DemoAccount } from './accounts.ts'
import { errorAnswer } from './api-error.ts'
import { createApi } from './api.ts'
import type { AgentRecord, ApiContext, ApiSettings } from './api.ts'
import { createFaults } from './faults.ts'
import type { FaultRule, Hold, HoldChoice, HoldMoment } from './faults.ts'
import { createOperationLog } from './operations.ts'
import type { Operation } from './operations.ts'
import { PAIR_PAGE, answerPairPage } from './pair-page.ts'
import { openRecords } from './records.ts'
import type { ModelRecord } from './records.ts'
import { addModel, modelRoutes } from './routes/models.ts'
import { confirmPairing, pairingRoutes } from './routes/pairing.ts'
import { sessionRoutes } from './routes/session.ts'
import { uploadRoutes } from './routes/uploads.ts'
import { serve } from './serve.ts'
import { STORAGE_OPERATION_NAMES } from './storage-names.ts'
import { startEmbedded, startInFront } from './storage-server.ts'
import type { S3Endpoint } from './storage-server.ts'
import { openStorage } from './storage.ts'
import type { StoredObject, UnfinishedUpload } from './storage.ts'
import { createTokens } from './tokens.ts'

export type CloudOptions = Partial<ApiSettings> & {
  /** Defaults to a free port. */
  readonly port?: number
  /** Kept after closing; by default a temporary folder that is removed on closing. */
  readonly dataDir?: string
  /** A real S3 server instead of the embedded one. */
  readonly s3?: S3Endpoint
  /** Embedded storage only: counts bytes without storing them. */
  readonly discard?: boolean
  /** Embedded storage only; defaults to S3's 5 MiB. */
  readonly minimumPartBytes?: number
  /** Lifetime of an access token; defaults to one hour, as at Cyberun Cloud. */
  readonly tokenSeconds?: number
  readonly refreshSeconds?: number
  /** Lifetime of a presigned URL; defaults to one hour. */
  readonly urlSeconds?: number
  /** Milliseconds since 1970; the clock of tokens, pairings and the embedded storage. */
  readonly now?: () => number
}

export type Cloud = {
  /** Base URL of the API. */
  readonly url: string
  /** Origin of the pairing page. */
  readonly origin: string
  /** Origin of the presigned URLs. */
  readonly storageUrl: string
  readonly accounts: readonly DemoAccount[]
  /** All client requests in order of arrival, without the cloud's own calls to storage. */
  readonly operations: readonly Operation[]
  /** Resolves with the first `count` operations of this name once they have ended; earlier ones count. */
  ended(name: string, count?: number): Promise<readonly Operation[]>
  forgetOperations(): void
  fail(rule: FaultRule): void
  /** Removes all rules and cuts stalled connections. */
  clearFailures(): void
  hold(on: string, moment?: HoldMoment, choice?: HoldChoice): Hold
  /**
   * Takes API and storage offline: cuts connections and refuses new ones. The returned function restores
   * both.
   */
  unplug(): Promise<() => Promise<void>>
  /**
   * Storage deletes its unfinished uploads, as a lifecycle rule for abandoned parts would; the API still
   * presigns for them.
   */
  dropUploads(): Promise<void>
  /** Stored objects by key. */
  objects(): Promise<readonly StoredObject[]>
  /** Multipart uploads that were neither completed nor aborted. */
  unfinishedUploads(): Promise<readonly UnfinishedUpload[]>
  /** The team's models, oldest first. */
  modelsOf(teamId: string): readonly ModelRecord[]
  /** Adds a model to a team's library as another user would, without a stored object. Returns its id. */
  addModel(teamId: string, model: Partial<ModelRecord> & Pick<ModelRecord, 'model_path'>): string
  /** Ends an account’s membership in a team. */
  removeMember(email: string, teamId: string): void
  /** Connects agents to a team, in place of its earlier ones. */
  connectAgents(teamId: string, agents: readonly AgentRecord[]): void
  /** Confirms a pairing as the user would in the browser. */
  confirmPairing(userCode: string, email: string, teamId: string): void
  /** Invalidates all refresh tokens of the account; access tokens remain valid until they expire. */
  endSessions(email: string): void
  /** Revokes all paired devices of the account. */
  revokeDevices(email: string): void
  close(): Promise<void>
}

const ROUTES = [...sessionRoutes, ...pairingRoutes, ...modelRoutes, ...uploadRoutes]

/** Names of all operations of the API, with method and path as in its description. */
export const API_OPERATIONS: readonly string[] = ROUTES.map(
  ({ name, method, path }) => `${name} ${method} ${path.replace('/api/v1', '').replace(/:(\w+)/, '{$1}')}`,
)

const KNOWN_NAMES = new Set([
  ...ROUTES.map((route) => route.name),
  ...STORAGE_OPERATION_NAMES,
  ...['api', 'storage', 'unknown', 'get-pair-page', 'post-pair-page'],
])

/** A fault with a misspelled name would never apply, and its test would pass without testing anything. */
function checkName(name: string): void {
  if (!KNOWN_NAMES.has(name)) throw new Error(`no operation is called ${name}`)
}

/** Starts a local Cyberun Cloud on loopback; `close()` removes everything it created. */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'local-cloud-'))
  mkdirSync(dataDir, { recursive: true })
  const now = options.now ?? Date.now
  const records = openRecords(join(dataDir, 'records.sqlite'))
  const log = createOperationLog()
  const faults = createFaults()
  const storageOptions = {
    dataDir,
    records,
    log,
    faults,
    now,
    discard: options.discard ?? false,
    minimumPartBytes: options.minimumPartBytes ?? 5 * 1024 * 1024,
  }
  const storageServer = await (options.s3
    ? startInFront(options.s3, storageOptions)
    : startEmbedded(storageOptions))
  const storage = openStorage({ ...storageServer.access, urlSeconds: options.urlSeconds ?? 3600 })
  const leavers = new Set<string>()
  const agents = new Map<string, readonly AgentRecord[]>()
  let origin = ''
  const context: ApiContext = {
    records,
    storage,
    now,
    settings: settingsOf(options),
    hasLeft: (userId, teamId) => leavers.has(`${userId} ${teamId}`),
    agentsOf: (teamId) => agents.get(teamId) ?? [],
    origin: () => origin,
    tokens: createTokens({
      records,
      now,
      accessSeconds: options.tokenSeconds ?? 3600,
      refreshSeconds: options.refreshSeconds ?? 30 * 24 * 3600,
    }),
  }
  const closeStorage = async () => {
    storage.close()
    await storageServer.close()
    records.close()
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
  }
  const serving = await (async () => {
    try {
      // The embedded server starts with the bucket.
      if (options.s3) await storage.prepare()
      return await serveApi(context, { log, faults, now, port: options.port ?? 0 })
    } catch (error) {
      await closeStorage()
      throw error
    }
  })()
  origin = serving.origin

  return {
    url: `${origin}/api/v1`,
    origin,
    storageUrl: storageServer.access.publicOrigin,
    accounts: DEMO_ACCOUNTS,
    operations: log.list,
    forgetOperations: log.forget,
    clearFailures: faults.clear,
    ended(name, count) {
      checkName(name)
      return log.ended(name, count)
    },
    fail(rule) {
      checkName(rule.on)
      faults.fail(rule)
    },
    hold(on, moment, choice) {
      checkName(on)
      return faults.hold(on, moment, choice)
    },
    async unplug() {
      const back = await Promise.all([serving.unplug(), storageServer.unplug()])
      return async () => void (await Promise.all(back.map((listen) => listen())))
    },
    async dropUploads() {
      for (const { key, uploadId } of await storage.unfinished()) await storage.abortUpload(key, uploadId)
    },
    objects: () => storage.objects(),
    unfinishedUploads: () => storage.unfinished(),
    modelsOf: (teamId) => records.models(teamId, -1, 0).reverse(),
    addModel: (teamId, model) => addModel(records, now, teamId, model),
    removeMember: (email, teamId) => void leavers.add(`${person(email).id} ${teamId}`),
    connectAgents: (teamId, connected) => void agents.set(teamId, connected),
    confirmPairing: (userCode, email, teamId) => confirmPairing(context, userCode, person(email), teamId),
    endSessions: (email) => void records.endSessions(person(email).id),
    revokeDevices: (email) => void records.removeDevicesOf(person(email).id),
    async close() {
      await serving.close()
      await closeStorage()
    },
  }
}

type ApiServing = Pick<Parameters<typeof serve>[0], 'log' | 'faults' | 'now'> & { readonly port: number }

function serveApi(context: ApiContext, serving: ApiServing) {
  const api = createApi(ROUTES, context)
  return serve({
    ...serving,
    kind: 'api',
    refuse: errorAnswer,
    nameOf(method, url) {
      return url.pathname === PAIR_PAGE ? `${method.toLowerCase()}-pair-page` : api.nameOf(method, url)
    },
    handle: (exchange) =>
      exchange.url.pathname === PAIR_PAGE ? answerPairPage(context, exchange) : api.handle(exchange),
  })
}

function settingsOf(options: CloudOptions): ApiSettings {
  return {
    // The value in the API's own example.
    partSizeBytes: options.partSizeBytes ?? 104_857_600,
    signsHeaders: options.signsHeaders ?? true,
    verifiesHash: options.verifiesHash ?? false,
    // The maximum size of an S3 object, 5 TiB.
    maximumFileBytes: options.maximumFileBytes ?? 5 * 1024 ** 4,
    hasCustomModels: options.hasCustomModels ?? true,
    listLacks: options.listLacks ?? [],
    pairingSeconds: options.pairingSeconds ?? 300,
    pollSeconds: options.pollSeconds ?? 2,
  }
}

function person(email: string): DemoAccount {
  const found = accountByEmail(email)
  if (!found) throw new Error(`${email} has no account here`)
  return found
}
