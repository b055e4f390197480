import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

// Imports nothing of Electron, since the release workflow signs feeds with this file.

/**
 * The signature file of a feed file. Each key has two lines: `<signature>`, which apps up to 0.2.0 verify,
 * and `<date> <signature>`, where the signature covers the date as well. Signatures are Ed25519 in base64,
 * dates ISO 8601 in UTC.
 */
export const signatureFileName = (feedFile: string) => `${feedFile}.sig`

/**
 * A feed that was signed earlier may be an old one that a server keeps presenting in order to withhold newer
 * versions. The feed is signed again before that (docs/releasing.md).
 */
export const maxFeedAgeMs = 90 * 24 * 60 * 60_000

/** Includes the feed's name, so that one system's feed cannot be used for another. */
function signedBytes(feedFile: string, text: string, date: string | null): Buffer {
  const head = date === null ? 'modelferry feed 1' : `modelferry feed 2\n${date}`
  return Buffer.from(`${head}\n${feedFile}\n${text}`)
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

/** A feed file, the content of its signature file, and the keys of which one should have made it. */
interface SignedFeed {
  readonly feedFile: string
  readonly text: string
  readonly signatures: string
  readonly keys: readonly KeyObject[]
}

/** Signs a feed file with one key (PEM); returns the two lines of its signature file. */
export function signFeed(
  { feedFile, text }: { readonly feedFile: string; readonly text: string },
  privatePem: string,
  signedAtMs: number,
): string {
  const key = createPrivateKey(privatePem)
  const date = new Date(signedAtMs).toISOString()
  const signature = (signedDate: string | null) =>
    sign(null, signedBytes(feedFile, text, signedDate), key).toString('base64')
  return `${signature(null)}\n${date} ${signature(date)}`
}

/**
 * Whether one of the keys has signed this exact name and text at any time, also without a date, as for apps
 * up to 0.2.0.
 */
export function isFeedSigned(signed: SignedFeed): boolean {
  const { feedFile, text, signatures, keys } = signed
  const bytes = signedBytes(feedFile, text, null)
  const isSignedWithoutDate = signatures
    .split(/\r?\n/)
    .some((line) => keys.some((key) => verify(null, bytes, key, Buffer.from(line.trim(), 'base64'))))
  return isSignedWithoutDate || feedSignedAtMs(signed) !== null
}

const datedSignature = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\S+)$/

/**
 * When this exact name and text were last signed by one of the keys, in ms since the epoch; null if they were
 * not, or without a date.
 */
export function feedSignedAtMs({ feedFile, text, signatures, keys }: SignedFeed): number | null {
  const dates = signatures.split(/\r?\n/).flatMap((line) => {
    const [, date = '', encoded = ''] = datedSignature.exec(line.trim()) ?? []
    const signature = Buffer.from(encoded, 'base64')
    const bytes = signedBytes(feedFile, text, date)
    return keys.some((key) => verify(null, bytes, key, signature)) ? [Date.parse(date)] : []
  })
  return dates.length > 0 ? Math.max(...dates) : null
}
