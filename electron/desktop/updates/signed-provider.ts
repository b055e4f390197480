import type { KeyObject } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { AppUpdater, Provider, UpdateInfo } from 'electron-updater'
import type { ProviderRuntimeOptions } from 'electron-updater/out/providers/Provider.js'
import * as v from 'valibot'
import type { Timers } from '../../platform/environment.ts'
import { feedSignedAtMs, maxFeedAgeMs, signatureFileName } from './feed-signature.ts'
import { UpdateError } from './update-errors.ts'

/** The files are in the feed's folder, so names cannot contain a path. */
const fileName = v.pipe(v.string(), v.regex(/^[\w.+ -]+$/))
/** The members of electron-builder's UpdateInfo that are used; SHA-512 is 64 bytes in base64. */
const feedSchema = v.looseObject({
  version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+(?:[-+][\w.+-]*)?$/)),
  files: v.pipe(
    v.array(v.looseObject({ url: fileName, sha512: v.pipe(v.string(), v.regex(/^[\w+/]{86}==$/)) })),
    v.minLength(1),
  ),
})

/** A feed and its signatures have a few hundred characters. */
const maxFeedCharacters = 100_000
/** Time for each of the two files, however often a byte of it arrives, in ms. */
const feedTimeoutMs = 60_000

export type ProviderClass = new (
  options: unknown,
  updater: AppUpdater,
  runtime: ProviderRuntimeOptions,
) => Provider<UpdateInfo>

/**
 * An electron-updater provider that accepts a feed (`latest*.yml`) only if one of our keys has signed it
 * recently. The feed contains the version and the SHA-512 of each file, so the server can change neither.
 */
export async function signedProvider(
  feed: string,
  keys: readonly KeyObject[],
  now: () => number,
  timers: Timers,
): Promise<ProviderClass> {
  // Imported lazily, to keep electron-updater out of the start of the app.
  const {
    Provider: Base,
    parseUpdateInfo,
    resolveFiles,
  } = await import('electron-updater/out/providers/Provider.js')
  const { CancellationToken } = await import('electron-updater')

  return class SignedProvider extends Base<UpdateInfo> {
    readonly #executor: ProviderRuntimeOptions['executor']

    constructor(_options: unknown, _updater: AppUpdater, runtime: ProviderRuntimeOptions) {
      super({ ...runtime, isUseMultipleRangeRequest: false })
      this.#executor = runtime.executor
    }

    /** Without electron-updater's header that identifies the computer for staged rollouts. */
    override setRequestHeaders(): void {
      super.setRequestHeaders({ 'cache-control': 'no-cache' })
    }

    async getLatestVersion(): Promise<UpdateInfo> {
      const feedFile = `${this.getDefaultChannelName()}.yml`
      const url = new URL(feedFile, feed)
      const text = await this.#textOf(url)
      const signatures = await this.#textOf(new URL(signatureFileName(feedFile), feed)).catch(
        (error: unknown) => {
          const { statusCode } = error as { readonly statusCode?: unknown }
          if (statusCode === 404) return ''
          throw error
        },
      )
      const signedAtMs = feedSignedAtMs({ feedFile, text, signatures, keys })
      if (signedAtMs === null) throw new UpdateError('update-unsigned')
      if (now() - signedAtMs > maxFeedAgeMs) throw new UpdateError('update-outdated', { signedAtMs })
      const info = parseUpdateInfo(text, feedFile, url)
      const parsed = v.safeParse(feedSchema, info)
      if (!parsed.success) throw new UpdateError('update-garbled', parsed.issues[0].message)
      return info
    }

    resolveFiles(info: UpdateInfo) {
      return resolveFiles(info, new URL(feed))
    }

    /** electron-updater's own requests read a response of any length. */
    async #textOf(url: URL): Promise<string> {
      const cancellation = new CancellationToken()
      let isTooLong = false
      const limited = Object.assign(Object.create(this.#executor) as ProviderRuntimeOptions['executor'], {
        createRequest: (options: unknown, onResponse: (response: Readable) => void): unknown =>
          this.#executor.createRequest(options, (response: Readable) => {
            let length = 0
            response.on('data', (text: Buffer | string) => {
              length += text.length
              isTooLong = length > maxFeedCharacters
              if (isTooLong) cancellation.cancel()
            })
            onResponse(response)
          }),
      })
      const cancelTimer = timers.after(feedTimeoutMs, () => cancellation.cancel())
      try {
        return (await limited.request(this.createRequestOptions(url), cancellation)) ?? ''
      } catch (error) {
        throw isTooLong ? new UpdateError('update-garbled', error) : error
      } finally {
        cancelTimer()
      }
    }
  }
}
