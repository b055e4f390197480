import type { Answer } from './exchange.ts'

/** An error response with the API's status and its one documented member, `error_message`. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}

export function errorAnswer(status: number, message: string): Answer {
  return jsonAnswer(status, { error_message: message })
}

export const NOT_FOUND = 'resource not found'
export const ALREADY_EXISTS = 'resource already exists'
