import { parentPort } from 'node:worker_threads'
import type {
  WatchMessage,
  WatchRequest,
} from '../../../../electron/discovery/watched-folders/watch-worker.ts'

const post = (message: WatchMessage) => parentPort?.postMessage(message)

/**
 * The name of the folder decides what the thread does. Stopping a folder sends one more change, as if it was
 * under way.
 */
parentPort?.on('message', (request: WatchRequest) => {
  const { id } = request
  if (request.kind === 'unwatch') return post({ kind: 'changed', id, path: 'late' })
  if (request.folder === 'crash') throw new Error('a bug')
  if (request.folder === 'fail') return post({ kind: 'failed', id, reason: 'no room' })
  post({ kind: 'ready', id })
  post({ kind: 'changed', id, path: request.folder })
})
