import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force'
import type { Graph } from './graph.js'

export const pictureSize = { width: 340, height: 250, margin: 34 }

interface Body extends SimulationNodeDatum {
  readonly id: string
}

export interface Point {
  readonly x: number
  readonly y: number
}

const clamp = (value: number, size: number): number =>
  Math.min(size - pictureSize.margin, Math.max(pictureSize.margin, value))

/** Where each member stands in the picture: links pull together, members push apart. */
export class Layout {
  readonly #simulation: Simulation<Body, SimulationLinkDatum<Body>>
  readonly #links = forceLink<Body, SimulationLinkDatum<Body>>([]).id(({ id }) => id)
  #bodies: Body[] = []
  #frame = 0
  #entered = 0
  readonly #onMove: () => void

  constructor(onMove: () => void) {
    this.#onMove = onMove
    const { width, height } = pictureSize
    this.#simulation = forceSimulation<Body>([])
      .force('links', this.#links.distance(115).strength(0.2))
      .force('apart', forceManyBody().strength(-800))
      .force('collide', forceCollide(36))
      .force('x', forceX(width / 2).strength(0.05))
      .force('y', forceY(height / 2).strength(0.12))
      .stop()
  }

  /** Those who stay keep their place and drift from there. With `isStill` everyone stands where they end up, at once. */
  update({ nodes, links, paths }: Graph, isStill: boolean): void {
    const known = new Map(this.#bodies.map((body) => [body.id, body]))
    this.#bodies = nodes.map(({ person: { id } }) => known.get(id) ?? this.#enter(id))
    this.#simulation.nodes(this.#bodies)
    const me = nodes.find(({ isMe }) => isMe)?.person.id ?? ''
    const steps = paths.flatMap(({ to, via }) => [...via, to].map((id, i) => [[me, ...via][i] ?? me, id]))
    const ids = new Set(this.#bodies.map(({ id }) => id))
    this.#links.links(
      [...links.map(({ a, b }) => [a, b]), ...steps]
        .filter(([a = '', b = '']) => ids.has(a) && ids.has(b))
        .map(([source = '', target = '']) => ({ source, target })),
    )
    this.#simulation.alpha(known.size === 0 ? 1 : 0.7)
    if (isStill) {
      this.#simulation.tick(200)
      this.#onMove()
    } else {
      this.#run()
    }
  }

  /** Newcomers appear around the middle, each in a direction of its own. */
  #enter(id: string): Body {
    this.#entered += 1
    const angle = this.#entered * 2.4
    const { width, height } = pictureSize
    return { id, x: width / 2 + 60 * Math.cos(angle), y: height / 2 + 45 * Math.sin(angle) }
  }

  at(id: string): Point | null {
    const body = this.#bodies.find((candidate) => candidate.id === id)
    if (body?.x === undefined || body.y === undefined) return null
    return { x: clamp(body.x, pictureSize.width), y: clamp(body.y, pictureSize.height) }
  }

  #run(): void {
    cancelAnimationFrame(this.#frame)
    const step = (): void => {
      this.#simulation.tick()
      this.#onMove()
      if (this.#simulation.alpha() > this.#simulation.alphaMin()) this.#frame = requestAnimationFrame(step)
    }
    step()
  }
}
