/** The decoded bucket and key of a path-style request; both may be empty. */
export function targetOf(requestUrl: string): { readonly bucket: string; readonly key: string } {
  const [path = '/'] = requestUrl.split('?')
  const [, bucket = '', ...rest] = path.split('/')
  return { bucket: decoded(bucket), key: decoded(rest.join('/')) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Rejected later, when the signature is checked.
    return text
  }
}

const ON_UPLOAD: Readonly<Record<string, string>> = {
  PUT: 'put-part',
  GET: 'list-parts',
  POST: 'complete-multipart',
  DELETE: 'abort-multipart',
}
const ON_OBJECT: Readonly<Record<string, string>> = {
  PUT: 'put-object',
  GET: 'get-object',
  HEAD: 'head-object',
  DELETE: 'delete-object',
}

export const STORAGE_OPERATION_NAMES: readonly string[] = [
  ...Object.values(ON_UPLOAD),
  ...Object.values(ON_OBJECT),
  ...['bucket', 'create-multipart'],
]

/** The name of a storage request in the log of operations. */
export function storageOperationName(method: string, url: URL): string {
  const { key } = targetOf(url.pathname)
  if (key === '') return 'bucket'
  if (url.searchParams.has('uploads')) return 'create-multipart'
  const names = url.searchParams.has('uploadId') ? ON_UPLOAD : ON_OBJECT
  return names[method] ?? 'unknown'
}
