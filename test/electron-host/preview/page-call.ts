import { once } from 'node:events'
import type { HostContents, HostWindow } from '../shapes.ts'
import { host } from '../state.ts'

/** The world of the host's own scripts, which the page can't reach. */
export const previewWorld = 'Electron Host Preview'

/** The contents of the window that was passed to an API as its first argument, else of the first window. */
export function contentsFor(values: readonly unknown[]): HostContents | undefined {
  const all = [...host.contents.values()]
  return all.find(({ _window }) => _window === (values[0] as HostWindow)) ?? all[0]
}

/**
 * Calls a function in the page, as if the user had pressed a key there, and awaits its result.
 * @returns the result or, unless `byValue`, the id of its object
 * @throws if the page is closed or replaced in the meantime
 */
export async function callInPage<T>(
  contents: HostContents,
  call: {
    readonly run: (argument: never) => unknown
    readonly argument: unknown
    readonly byValue?: boolean
  },
): Promise<T> {
  const session = await contents._attached
  if (contents._url === '' || contents._load !== undefined) await once(contents, 'did-finish-load')
  interface World {
    readonly executionContextId: number
  }
  const { executionContextId } = await session.send<World>('Page.createIsolatedWorld', {
    frameId: contents._frameId,
    worldName: previewWorld,
  })
  const { byValue = true } = call
  interface Called {
    readonly result: { readonly value?: T; readonly objectId?: string }
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } }
  }
  const { result, exceptionDetails } = await session.send<Called>('Runtime.callFunctionOn', {
    executionContextId,
    functionDeclaration: String(call.run),
    arguments: [{ value: call.argument }],
    awaitPromise: true,
    returnByValue: byValue,
    userGesture: true,
  })
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description)
  return (byValue ? result.value : result.objectId) as T
}
