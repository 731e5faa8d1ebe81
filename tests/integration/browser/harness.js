// Looks at the page in both frames and leaves what it finds as JSON; tests/integration/browser/looks.py reads that.
const channel = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
const numbers = colour => colour.match(/[\d.]+/g).map(Number)
// https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
const luminance = colour => {
  const [red, green, blue] = numbers(colour).map(channel)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}
const clear = colour => numbers(colour)[3] === 0

function behind(view, element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = view.getComputedStyle(at).backgroundColor
    if (!clear(colour)) return colour
  }
  return 'rgb(255, 255, 255)'
}

const holds = (outer, inner) =>
  inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1
const middle = box => ({ left: (box.left + box.right) / 2, right: (box.left + box.right) / 2, top: (box.top + box.bottom) / 2, bottom: (box.top + box.bottom) / 2 })

function look(frame) {
  const view = frame.contentWindow, page = frame.contentDocument
  for (const folded of page.querySelectorAll('details')) folded.open = true
  const found = { texts: 0, faint: [], tiny: [], cut: [], wide: page.documentElement.scrollWidth - page.documentElement.clientWidth, styled: view.getComputedStyle(page.body).maxWidth !== 'none' }
  for (const element of page.querySelectorAll('body, body *')) {
    const text = [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data.trim()).join(' ').trim()
    const style = view.getComputedStyle(element)
    if (!text || style.visibility !== 'visible' || element.closest('title')) continue
    found.texts++
    const box = element.getBoundingClientRect()
    let colour = style.color, ground = behind(view, element), size = parseFloat(style.fontSize)
    const drawing = element.closest('svg')
    if (drawing) {
      colour = style.fill
      size *= element.getScreenCTM().a || Math.abs(element.getScreenCTM().b)
      if (!holds(drawing.getBoundingClientRect(), box)) found.cut.push(text)
      const boxes = [...drawing.querySelectorAll('rect')].filter(rect => holds(rect.getBoundingClientRect(), middle(box)))
      for (const rect of boxes) {
        ground = view.getComputedStyle(rect).fill
        if (!holds(rect.getBoundingClientRect(), box)) found.cut.push(text)
      }
    }
    const ratio = contrast(colour, ground)
    if (ratio < 4.5) found.faint.push(`${text}: ${ratio.toFixed(2)}`)
    if (size < 9.5) found.tiny.push(`${text}: ${size.toFixed(1)} px`)
  }
  found.ground = behind(view, page.body)
  return found
}

addEventListener('load', () => {
  const found = Object.fromEntries([...document.querySelectorAll('iframe')].map(frame => [frame.id, look(frame)]))
  document.getElementById('found').textContent = JSON.stringify(found)
})
