import { isPreview } from './preview/is-preview.ts'
import { host } from './state.ts'
import { StrictEmitter } from './strict.ts'

interface NotificationOptions {
  readonly title?: string
  readonly body?: string
}

/** Recorded instead of shown; tests click it with `emit('click')`. */
export class Notification extends StrictEmitter {
  title: string
  body: string

  constructor(options: NotificationOptions = {}) {
    super('Notification', 'show click close reply action failed')
    this.title = options.title ?? ''
    this.body = options.body ?? ''
  }

  static isSupported(): boolean {
    return true
  }

  show(): void {
    host.notifications.push(this)
    host.record('notification', { title: this.title, body: this.body })
    if (isPreview) console.log(`${this.title}: ${this.body}`)
    queueMicrotask(() => this.emit('show', {}))
  }

  close(): void {
    this.emit('close', {})
  }
}
