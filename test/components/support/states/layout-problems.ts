/** An element as a short text. */
function nameOf(element: Element): string {
  const text = element.textContent.trim().replace(/\s+/g, ' ').slice(0, 60)
  return `<${element.localName} class="${element.getAttribute('class') ?? ''}"> ${text}`
}

const isShown = (element: Element) =>
  element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
  !element.closest('.visually-hidden')

/** Whether the element or one of its ancestors within the row says the whole text. */
const isExplained = (element: Element) => element.closest('[title], [aria-label]') !== null

function isCutOff(element: Element): boolean {
  const { overflowX, overflowY } = getComputedStyle(element)
  const isCutX = overflowX !== 'visible' && overflowX !== 'auto' && overflowX !== 'scroll'
  const isCutY = overflowY !== 'visible' && overflowY !== 'auto' && overflowY !== 'scroll'
  return (
    (isCutX && element.scrollWidth > element.clientWidth + 1) ||
    (isCutY && element.scrollHeight > element.clientHeight + 1)
  )
}

const hasOwnText = (element: Element) =>
  [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '')

/** Whether an element is beyond an edge and can't be scrolled into view. */
function isBeyondWindow(element: Element): boolean {
  const { left, right, top, bottom, width } = element.getBoundingClientRect()
  if (width === 0) return false
  const isOutside = left < -1 || right > window.innerWidth + 1 || top < -1 || bottom > window.innerHeight + 1
  if (!isOutside) return false
  for (let parent = element.parentElement; parent; parent = parent.parentElement) {
    const { overflowY, overflowX } = getComputedStyle(parent)
    if (overflowY === 'auto' || overflowY === 'scroll' || overflowX === 'auto' || overflowX === 'scroll') {
      return parent.scrollWidth > parent.clientWidth + 1 && left >= window.innerWidth
    }
  }
  return true
}

/** What doesn't fit: texts that are cut off without a tooltip, and controls outside the window. */
export function layoutProblems(): readonly string[] {
  const all = [...document.querySelectorAll('#app *, [data-bits-floating-content-wrapper] *')].filter(isShown)
  const cut = all.filter((element) => hasOwnText(element) && isCutOff(element) && !isExplained(element))
  const controls = all.filter((element) =>
    element.matches('button, input, select, textarea, [role^=menuitem]'),
  )
  const isWide = document.documentElement.scrollWidth > window.innerWidth
  return [
    ...(isWide ? [`the page is ${document.documentElement.scrollWidth}px wide`] : []),
    ...cut.map((element) => `cut off: ${nameOf(element)}`),
    ...controls.filter(isBeyondWindow).map((element) => `outside: ${nameOf(element)}`),
  ]
}
