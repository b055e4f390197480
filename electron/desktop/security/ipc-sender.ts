/** The page's origin. Everything that we answer to comes from here. */
export const pageScheme = 'app'
export const pageHost = 'ui'
export const pageAddress = `${pageScheme}://${pageHost}/`

/** True for an address of our own page; the address is parsed, never compared by its beginning. */
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

/** What an IPC message says about where it comes from, read before anything is awaited. */
export interface Sender {
  readonly contentsId: number
  /** `null` when the frame has gone already. */
  readonly frame: { readonly url: string; readonly isMain: boolean } | null
}

/** Why a sender is a stranger, for the log, or null when it is our page in our window's main frame. */
export function rejectionReason(sender: Sender, ourContentsId: number | null): string | null {
  if (ourContentsId === null) return 'no window is open'
  if (sender.contentsId !== ourContentsId) return 'another window'
  if (sender.frame === null) return 'a frame that is gone'
  if (!sender.frame.isMain) return 'a frame inside the page'
  if (!isOurPage(sender.frame.url)) return 'another page'
  return null
}

/** What a request of the page may lead to: our own page, and the developer tools while the app is not packaged. */
export function isAllowedRequest(address: string, isPackaged: boolean): boolean {
  return isOurPage(address) || (!isPackaged && URL.parse(address)?.protocol === 'devtools:')
}
