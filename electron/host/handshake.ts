import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'

const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

/** The first message of a command. */
export const commandHello = v.strictObject({ protocol: v.number(), nonce: hex })
/** The answer of the host, which proves that it knows the key. */
export const hostHello = v.strictObject({ protocol: v.number(), version: v.string(), nonce: hex, proof: hex })
/** The second message of a command. Nothing else is sent before. */
export const commandProof = v.strictObject({ proof: hex })

export const createNonce = () => randomBytes(32).toString('hex')

/**
 * Proves knowledge of the key in `host.json` without sending it: HMAC-SHA-256 over the side that proves and the nonces
 * of both, so that neither a recorded proof nor one of the other side is accepted.
 */
export function proofOf(
  side: 'host' | 'command',
  key: string,
  nonces: { readonly command: string; readonly host: string },
): string {
  return createHmac('sha256', Buffer.from(key, 'hex'))
    .update(`${side} ${nonces.command} ${nonces.host}`)
    .digest('hex')
}

export const isSameProof = (one: string, other: string) =>
  timingSafeEqual(Buffer.from(one, 'hex'), Buffer.from(other, 'hex'))
