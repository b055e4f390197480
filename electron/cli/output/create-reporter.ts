import { createJsonReporter } from './json-output.ts'
import type { Streams, UploadReporter } from './output.ts'
import { createTextReporter } from './text-output.ts'

/** Reports uploads as the command's options say. */
export const createReporter = (
  options: { readonly json: boolean; readonly quiet: boolean },
  streams: Streams,
): UploadReporter =>
  options.json ? createJsonReporter(streams, options) : createTextReporter(streams, options)
