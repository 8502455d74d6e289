"""How readable a page's texts are, as WCAG 2 computes it from what the browser has laid out."""

POOR_TEXTS = """(least) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = (color) => {
    const linear = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = color.slice(0, 3).map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  // Every colour that can be behind an element: its own and its ancestors', each stripe of a gradient by itself.
  const behind = (element) => {
    const style = getComputedStyle(element);
    const stripes = style.backgroundImage.match(/(?:rgba?|color|oklab)\\([^()]*\\)/g) ?? [];
    const own = rgba(style.backgroundColor);
    const layers = stripes.length ? stripes.map(rgba) : [own];
    if (layers.every((layer) => layer[3] === 1)) return layers;
    const below = element.parentElement ? behind(element.parentElement) : [rgba("Canvas")];
    return layers.flatMap((layer) => below.map((under) => over(layer, under)));
  };
  const opacityOf = (element) => Number(getComputedStyle(element).opacity);
  const opacity = (element) => (element ? opacityOf(element) * opacity(element.parentElement) : 1);
  const poor = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim();
    const element = texts.currentNode.parentElement;
    if (!text || element.closest("script, style") || !element.checkVisibility({ visibilityProperty: true })) continue;
    const box = element.getBoundingClientRect();
    if (box.width <= 1 || box.bottom < 0 && getComputedStyle(element).position === "absolute") continue;
    const style = getComputedStyle(element);
    const ink = rgba(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
    ink[3] *= opacity(element);
    const worst = Math.min(...behind(element).map((ground) => ratio(over(ink, ground), ground)));
    if (worst < least) poor.push([text, Math.round(worst * 100) / 100]);
  }
  return poor;
}"""
