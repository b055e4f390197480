import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

// Nothing of Electron is imported here: the release workflow signs by this same file.

/** Beside each feed file lies its signature: base64 of Ed25519, a line for each key that signed. */
export const signatureFileName = (feedFile: string) => `${feedFile}.sig`

/** What is signed: the feed's name is in it, so that one system's feed never passes for another's. */
function signedBytes(feedFile: string, text: string): Buffer {
  return Buffer.from(`modelferry feed 1\n${feedFile}\n${text}`)
}

/** Public keys as they are built into the app: SPKI in DER as base64, separated by blanks or commas. What is none is left out. */
export function readFeedKeys(text: string): readonly KeyObject[] {
  return text.split(/[\s,]+/).flatMap((word) => {
    try {
      const key = createPublicKey({ key: Buffer.from(word, 'base64'), format: 'der', type: 'spki' })
      return key.asymmetricKeyType === 'ed25519' ? [key] : []
    } catch {
      return []
    }
  })
}

/** The public half of a private key (PEM), as `readFeedKeys` takes it. @throws when it is no Ed25519 key */
export function publicKeyOf(privatePem: string): string {
  const key = createPublicKey(createPrivateKey(privatePem))
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the key of the feed is no Ed25519 key')
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}

/** Signs a feed file with one key (PEM); the answer is one line of its signature file. */
export function signFeed(feedFile: string, text: string, privatePem: string): string {
  return sign(null, signedBytes(feedFile, text), createPrivateKey(privatePem)).toString('base64')
}

/** True when one of the keys made one of the signatures over exactly this text under this name. */
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
