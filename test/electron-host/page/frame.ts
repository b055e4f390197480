import { strict } from '../strict.ts'
import { originOf } from '../urls.ts'
import type { HostContents } from '../shapes.ts'

export interface MainFrameObject {
  readonly url: string
  readonly origin: string
}

/** `webContents.mainFrame`: a single object per window, so that it can be compared. */
export function mainFrameOf(contents: HostContents): MainFrameObject {
  const frame: object = strict('WebFrameMain', {
    get url() {
      return contents.getURL()
    },
    get origin() {
      return originOf(contents.getURL())
    },
    get top() {
      return frame
    },
    parent: null,
    frames: [],
    name: '',
    detached: false,
    processId: 1,
    routingId: 1,
    frameTreeNodeId: 1,
    isDestroyed: () => contents.isDestroyed(),
    send: (channel: string, ...values: unknown[]) => contents.send(channel, ...values),
    executeJavaScript: (code: string) => contents.executeJavaScript(code),
  })
  return frame as MainFrameObject
}
