import type { CallName, EventName, Events } from '../../contract/calls.ts'
import type { TransferSpeed, UploadDetails } from '../../contract/upload-details.ts'
import type { Patch } from '../../contract/uploads.ts'
import type { SendToPage } from '../ipc.ts'

export interface PageFeed {
  sendPatch(patch: Patch): void
  sendFlow(flow: TransferSpeed): void
  sendDetails(details: UploadDetails): void
  /** Says something that is not a patch; before the page listens the last of each name is kept until it does. */
  send: <Name extends EventName>(name: Name, value: Events[Name]) => void
  /** The page has asked for this: with its first snapshot it has begun to listen. */
  callAnswered(name: CallName): void
  /** The window is seen again. */
  windowShown(): void
  /** The page was loaded anew or is gone: it listens no longer. */
  pageLoading(): void
}

/**
 * What the page is told, and when. A window that nobody sees gets no patches; when it is seen again it gets the last of them.
 * Had it missed only that one, it is whole again; had it missed more, it sees the gap and asks for the snapshot.
 */
export function createPageFeed(options: {
  readonly announce: SendToPage
  readonly isSeen: () => boolean
}): PageFeed {
  const { announce, isSeen } = options
  let listens = false
  let missed: Patch | null = null
  /** The last of what a window that nobody sees was not told; each replaces the one before. */
  let missedNews: { flow?: () => void; details?: () => void } = {}
  /** In order. A window may stay unopened for weeks, so what tells a whole state takes the place of the one before. */
  let kept: { readonly name: EventName; readonly say: () => void }[] = []

  function news(name: 'flow' | 'details', say: () => boolean): void {
    if (!listens) return
    if (isSeen()) say()
    else missedNews[name] = () => void say()
  }

  return {
    sendFlow: (flow) => news('flow', () => announce('flow', flow)),
    sendDetails: (details) => news('details', () => announce('details', details)),
    sendPatch(patch) {
      // A page that does not listen yet begins with a snapshot that has this patch in it.
      if (!listens) return
      if (isSeen() && announce('patch', patch)) missed = null
      else missed = patch
    },
    send(name, value) {
      if (listens) return void announce(name, value)
      if (!isOccurrence(name)) kept = kept.filter((news) => news.name !== name)
      kept.push({ name, say: () => void announce(name, value) })
    },
    callAnswered(name) {
      if (name !== 'snapshot') return
      missed = null
      if (listens) return
      listens = true
      for (const { say } of kept) say()
      kept = []
    },
    windowShown() {
      if (missed !== null) announce('patch', missed)
      missedNews.flow?.()
      missedNews.details?.()
      missed = null
      missedNews = {}
    },
    pageLoading() {
      listens = false
      missed = null
      missedNews = {}
    },
  }
}

/** Each of these is something that happened, and none stands for another; the other names tell how something stands. */
const isOccurrence = (name: EventName) => name === 'command' || name === 'added'
