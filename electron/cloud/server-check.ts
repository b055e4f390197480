import * as v from 'valibot'
import { failure } from '../contract/errors.ts'
import type { ServerCheck } from '../contract/server-check.ts'
import type { CloudClient } from './client.ts'
import { paths } from './wire.ts'

/**
 * Asks a server who is there, without saying who asks: this API answers 401 in its own form, anything else is none of ours.
 * Sends nothing but the address.
 */
export async function checkServer(client: CloudClient): Promise<ServerCheck> {
  const answer = await client.send({ method: 'GET', path: paths.me, answer: v.unknown() })
  const clockAheadMs = client.clockAheadMs()
  if (answer.ok) return { failure: failure('not-the-api'), clockAheadMs }
  const { code, detail } = answer.failure
  // The words of a 401 come from `error_message`; a gateway that wants a login of its own has none.
  if (code === 'signed-out') return { failure: detail ? null : failure('not-the-api'), clockAheadMs }
  return { failure: code === 'not-found' ? failure('not-the-api') : answer.failure, clockAheadMs }
}
