import * as v from 'valibot'
import type { CloudClient, Signer } from '../../electron/cloud/client.ts'
import { failed, failure, success } from '../../electron/contract/failures.ts'

export const remoteApi = 'https://core.example/api/v1'

/** A client without a network, whose server answers every call with what `answer` returns. */
export function createAnsweringClient(
  answer: (query: Readonly<Record<string, string | number>>) => unknown,
  server = remoteApi,
): CloudClient {
  return {
    server,
    send: async ({ responseSchema, query = {} }) => {
      const parsed = v.safeParse(responseSchema, JSON.parse(JSON.stringify(answer(query))))
      return parsed.success
        ? success(parsed.output)
        : failed(failure('not-the-api', {}, { detail: parsed.issues[0].message }))
    },
    isReachable: async () => true,
    clockAheadMs: () => 0,
  }
}

export const deviceSigner: Signer = {
  credential: async () => success({ kind: 'device', token: 'dk-1' }),
  renew: async () => failed(failure('signed-out')),
  replacementFor: async () => failed(failure('signed-out')),
}

/** A client that answers every call alike, and the requests that it was given. */
export function createRecordingClient(answer: unknown): {
  readonly client: CloudClient
  readonly requests: readonly object[]
} {
  const answering = createAnsweringClient(() => answer)
  const requests: object[] = []
  const client: CloudClient = {
    ...answering,
    send(request) {
      const { method, path, body } = request
      requests.push({ method, path, body })
      return answering.send(request)
    },
  }
  return { client, requests }
}
