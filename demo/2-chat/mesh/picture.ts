import { dyes } from '../../shared/colors.js'
import { curveThrough } from './curve.js'
import { graphInWords, wayBetween, type Graph } from './graph.js'
import { Layout, pictureSize, type Point } from './layout.js'
import { createShape } from '../../shared/view/dom.js'
import { createNodeShape } from './shapes.js'

const fadeMs = 400
const hopMs = 450
const mostPulses = 24

/** What is drawn for one key, and how it follows the members that it belongs to. */
interface Drawn {
  readonly shape: SVGElement
  readonly place: () => void
}

/** Draws the mesh and keeps the drawing up to date: links come and go, members drift, messages run along their way. */
export class MeshPicture {
  readonly #svg: SVGSVGElement
  readonly #nameById: (id: string) => string
  readonly #layers = {
    links: createShape('g'),
    paths: createShape('g'),
    pulses: createShape('g'),
    nodes: createShape('g'),
  }
  readonly #drawn = new Map<string, Drawn>()
  readonly #layout = new Layout(() => {
    for (const drawn of this.#drawn.values()) drawn.place()
  })
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)')
  #graph: Graph = { nodes: [], links: [], paths: [] }

  constructor(svg: SVGSVGElement, nameById: (id: string) => string) {
    this.#svg = svg
    this.#nameById = nameById
    svg.setAttribute('viewBox', `0 0 ${pictureSize.width} ${pictureSize.height}`)
    svg.append(...Object.values(this.#layers))
  }

  show(graph: Graph): void {
    if (JSON.stringify(graph) === JSON.stringify(this.#graph)) return
    this.#graph = graph
    this.#svg.setAttribute('aria-label', graphInWords(graph, this.#nameById))
    const wanted = new Set<string>()
    const want = (key: string, layer: SVGGElement, create: () => Drawn): void => {
      wanted.add(key)
      if (this.#drawn.has(key)) return
      const drawn = create()
      this.#drawn.set(key, drawn)
      layer.append(drawn.shape)
    }
    for (const { a, b, isMine } of graph.links) {
      want(`link ${[a, b].toSorted().join(' ')}`, this.#layers.links, () => this.#createLink(a, b, isMine))
    }
    for (const { to, via } of graph.paths) {
      const me = graph.nodes.find(({ isMe }) => isMe)?.person.id ?? ''
      want(`path ${[to, ...via].join(' ')}`, this.#layers.paths, () => this.#createPath([me, ...via, to], to))
    }
    for (const node of graph.nodes) {
      const { id } = node.person
      want(`node ${JSON.stringify(node)}`, this.#layers.nodes, () => {
        const shape = createNodeShape(node)
        shape.classList.toggle('away', !node.isReachable)
        return { shape, place: () => this.#move(shape, this.#layout.at(id)) }
      })
    }
    for (const [key, { shape }] of this.#drawn) if (!wanted.has(key)) this.#remove(key, shape)
    this.#layout.update(graph, this.#still.matches)
  }

  /** A spark runs from one member to the other, along the way that a message between them takes. */
  pulse(from: string, to: string): void {
    const { pulses } = this.#layers
    if (this.#still.matches || document.hidden || pulses.childElementCount >= mostPulses) return
    const points = wayBetween(this.#graph, from, to).flatMap((id) => this.#layout.at(id) ?? [])
    if (points.length < 2) return
    const spark = createShape('circle', { r: '4', class: 'spark', fill: this.#colorOf(from) })
    pulses.append(spark)
    const frames = points.map(({ x, y }) => ({ transform: `translate(${x}px, ${y}px)` }))
    const run = spark.animate(frames, { duration: hopMs * (points.length - 1), easing: 'ease-in-out' })
    const end = (): void => spark.remove()
    run.finished.then(end, end)
  }

  #colorOf(id: string): string {
    const node = this.#graph.nodes.find(({ person }) => person.id === id)
    return dyes[node?.person.dye ?? 'slate']
  }

  #createLink(a: string, b: string, isMine: boolean): Drawn {
    const shape = createShape('line', { class: isMine ? 'link mine' : 'link' })
    const place = (): void => {
      const [from, to] = [this.#layout.at(a), this.#layout.at(b)]
      if (from === null || to === null) return
      shape.setAttribute('x1', from.x.toFixed(1))
      shape.setAttribute('y1', from.y.toFixed(1))
      shape.setAttribute('x2', to.x.toFixed(1))
      shape.setAttribute('y2', to.y.toFixed(1))
    }
    return { shape, place }
  }

  #createPath(ids: readonly string[], to: string): Drawn {
    const shape = createShape('path', { class: 'relayed', stroke: this.#colorOf(to) })
    return { shape, place: () => shape.setAttribute('d', curveThrough(ids.flatMap((id) => this.#layout.at(id) ?? []))) }
  }

  #move(shape: SVGElement, point: Point | null): void {
    if (point) shape.setAttribute('transform', `translate(${point.x.toFixed(1)} ${point.y.toFixed(1)})`)
  }

  #remove(key: string, shape: SVGElement): void {
    this.#drawn.delete(key)
    // Gone for anyone who asks, while it fades for those who look.
    shape.classList.add('gone')
    if (this.#still.matches || document.hidden) {
      shape.remove()
      return
    }
    const end = (): void => shape.remove()
    shape.animate([{ opacity: 1 }, { opacity: 0 }], { duration: fadeMs, fill: 'forwards' }).finished.then(end, end)
  }
}
