import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

// Imports nothing of Electron, since the release workflow signs feeds with this file.

/** The signature file of a feed file: Ed25519 signatures in base64, one line for each key. */
export const signatureFileName = (feedFile: string) => `${feedFile}.sig`

/** Includes the feed's name, so that one system's feed cannot be used for another. */
function signedBytes(feedFile: string, text: string): Buffer {
  return Buffer.from(`modelferry feed 1\n${feedFile}\n${text}`)
}

/**
 * Parses the public keys built into the app: SPKI in DER as base64, separated by spaces or commas. Others are
 * skipped.
 */
export function readFeedKeys(text: string): readonly KeyObject[] {
  return text.split(/[\s,]+/).flatMap((encodedKey) => {
    try {
      const key = createPublicKey({ key: Buffer.from(encodedKey, 'base64'), format: 'der', type: 'spki' })
      return key.asymmetricKeyType === 'ed25519' ? [key] : []
    } catch {
      return []
    }
  })
}

/** The public key of a private key (PEM), in the format of `readFeedKeys`. @throws if it is no Ed25519 key */
export function publicKeyOf(privatePem: string): string {
  const key = createPublicKey(createPrivateKey(privatePem))
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the feed key is not an Ed25519 key')
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}

/** Signs a feed file with one key (PEM); returns one line of its signature file. */
export function signFeed(feedFile: string, text: string, privatePem: string): string {
  return sign(null, signedBytes(feedFile, text), createPrivateKey(privatePem)).toString('base64')
}

/** True if one of the signatures was made by one of the keys for exactly this name and text. */
export function isFeedSigned(options: {
  readonly feedFile: string
  readonly text: string
  readonly signatures: string
  readonly keys: readonly KeyObject[]
}): boolean {
  const bytes = signedBytes(options.feedFile, options.text)
  const signatures = options.signatures
    .split(/\s+/)
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line, 'base64'))
  return options.keys.some((key) => signatures.some((signature) => verify(null, bytes, key, signature)))
}
