import type { Session } from '../cdp.ts'
import { receiveSync } from '../ipc-main.ts'
import type { HostContents } from '../shapes.ts'
import type { Wire } from './wire.ts'

export interface PausedInDebugger {
  readonly callFrames: readonly { readonly callFrameId: string; readonly functionName: string }[]
}

interface Evaluated {
  readonly result: { readonly value?: unknown; readonly objectId?: string }
}

/**
 * Responds to a preload that is paused in `electronHostSync` (preload-world.ts): with the path of a File,
 * which only the browser can read, or with the result of `sendSync`.
 */
export async function answerPaused(
  contents: HostContents,
  session: Session,
  wire: Wire,
  { callFrames }: PausedInDebugger,
): Promise<void> {
  const frame = callFrames[0]
  const run = (expression: string) =>
    session.send<Evaluated>('Debugger.evaluateOnCallFrame', { callFrameId: frame?.callFrameId, expression })
  try {
    if (frame?.functionName !== 'electronHostSync') return
    const operation = (await run('_operation')).result.value
    const { result: argument } = await run('_argument')
    const value =
      operation === 'path'
        ? (await session.send<{ path: string }>('DOM.getFileInfo', { objectId: argument.objectId })).path
        : await sendSync(contents, wire, String(argument.value))
    await run(`out.value = ${JSON.stringify(value)}`)
  } catch (error) {
    await run(`out.error = ${JSON.stringify(String(error))}`).catch(() => undefined)
  } finally {
    await session.send('Debugger.resume').catch(() => undefined)
  }
}

async function sendSync(contents: HostContents, wire: Wire, text: string): Promise<string> {
  const { channel, args } = JSON.parse(text) as { channel: string; args: string }
  return wire.encode(await receiveSync(contents, channel, wire.decode(args) as unknown[]))
}
