/** The origin of the page, the only one whose calls are answered. */
export const pageScheme = 'app'
const pageHost = 'ui'
export const pageAddress = `${pageScheme}://${pageHost}/`

/** True for an address of our page. The address is parsed, since comparing prefixes would be unsafe. */
export function isOurPage(address: string): boolean {
  const url = URL.parse(address)
  return (
    url !== null &&
    url.protocol === `${pageScheme}:` &&
    url.host === pageHost &&
    url.username === '' &&
    url.password === ''
  )
}

/** The origin of an IPC message, read before anything is awaited. */
export interface Sender {
  readonly contentsId: number
  /** Null when the frame no longer exists. */
  readonly frame: { readonly url: string; readonly isMain: boolean } | null
}

/** The reason for rejecting a sender, for the log; null for our page in the main frame of our window. */
export function rejectionReason(sender: Sender, ourContentsId: number | null): string | null {
  if (ourContentsId === null) return 'no window is open'
  if (sender.contentsId !== ourContentsId) return 'another window'
  if (sender.frame === null) return 'a destroyed frame'
  if (!sender.frame.isMain) return 'a subframe'
  if (!isOurPage(sender.frame.url)) return 'another page'
  return null
}

/** The page may load its own files, and the developer tools in development. */
export function isAllowedRequest(address: string, isPackaged: boolean): boolean {
  return isOurPage(address) || (!isPackaged && URL.parse(address)?.protocol === 'devtools:')
}
