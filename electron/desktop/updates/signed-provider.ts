import type { KeyObject } from 'node:crypto'
import type { AppUpdater, Provider, UpdateInfo } from 'electron-updater'
import type { ProviderRuntimeOptions } from 'electron-updater/out/providers/Provider.js'
import * as v from 'valibot'
import { isFeedSigned, signatureFileName } from './feed-signature.ts'
import { UpdateError } from './update-errors.ts'

/** A file of a feed lies beside it: its name leads nowhere else. */
const fileName = v.pipe(v.string(), v.regex(/^[\w.+ -]+$/))
/** The members that are relied on (electron-builder's UpdateInfo); SHA-512 is 64 bytes in base64. */
const feedSchema = v.looseObject({
  version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+(?:[-+][\w.+-]*)?$/)),
  files: v.pipe(
    v.array(v.looseObject({ url: fileName, sha512: v.pipe(v.string(), v.regex(/^[\w+/]{86}==$/)) })),
    v.minLength(1),
  ),
})

export type ProviderClass = new (
  options: unknown,
  updater: AppUpdater,
  runtime: ProviderRuntimeOptions,
) => Provider<UpdateInfo>

/**
 * A provider for electron-updater that reads `latest*.yml` at one place and takes nothing from it unless one of our keys has
 * signed it. The version and the SHA-512 of each file are in it, so that whoever serves it can't change either.
 */
export async function signedProvider(feed: string, keys: readonly KeyObject[]): Promise<ProviderClass> {
  // Late: nothing of the updater belongs to the start.
  const {
    Provider: Base,
    parseUpdateInfo,
    resolveFiles,
  } = await import('electron-updater/out/providers/Provider.js')

  return class SignedProvider extends Base<UpdateInfo> {
    constructor(_options: unknown, _updater: AppUpdater, runtime: ProviderRuntimeOptions) {
      super({ ...runtime, isUseMultipleRangeRequest: false })
    }

    /** The library would name each computer to the server, for releases by stages. */
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
      if (!isFeedSigned({ feedFile, text, signatures, keys })) throw new UpdateError('update-unsigned')
      const info = parseUpdateInfo(text, feedFile, url)
      const parsed = v.safeParse(feedSchema, info)
      if (!parsed.success) throw new UpdateError('update-garbled', parsed.issues[0].message)
      return info
    }

    resolveFiles(info: UpdateInfo) {
      return resolveFiles(info, new URL(feed))
    }

    async #textOf(url: URL): Promise<string> {
      return (await this.httpRequest(url)) ?? ''
    }
  }
}
