import { parentPort } from 'node:worker_threads'
import type { WatchNews, WatchOrder } from '../../../../electron/discovery/watched-folders/watch-worker.ts'

const tell = (news: WatchNews) => parentPort?.postMessage(news)

/** What the thread does with an order is what its folder is called. An order to stop still makes a hint that was under way. */
parentPort?.on('message', (order: WatchOrder) => {
  const { id } = order
  if (order.is === 'unwatch') return tell({ is: 'hint', id, path: 'late' })
  if (order.folder === 'die') throw new Error('a bug')
  if (order.folder === 'trouble') return tell({ is: 'trouble', id, why: 'no room' })
  tell({ is: 'ready', id })
  tell({ is: 'hint', id, path: order.folder })
})
