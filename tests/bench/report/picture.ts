import { init, use, type ComposeOption } from 'echarts/core'
import { BarChart, type BarSeriesOption } from 'echarts/charts'
import { GridComponent, TitleComponent, type GridComponentOption, type TitleComponentOption } from 'echarts/components'
import { SVGRenderer } from 'echarts/renderers'
import { cellOf, type Result, type RowResult } from '../results.js'
import type { Side, SideName } from '../sides/side.js'
import { formatNumber } from './format-number.js'

use([BarChart, GridComponent, TitleComponent, SVGRenderer])

type Options = ComposeOption<BarSeriesOption | GridComponentOption | TitleComponentOption>

/** Each stands out on white and on black. */
const colours: Readonly<Record<SideName, string>> = {
  bare: '#8b949e',
  'simple-peer': '#4c8dd6',
  trystero: '#3aa39a',
  peerjs: '#a97bd6',
  'y-webrtc': '#c29a2f',
  indexeddb: '#4c8dd6',
  opfs: '#3aa39a',
  hypercore: '#a97bd6',
  skein: '#e0592a',
}
const TEXT = '#7d828a'
const FONT = 'system-ui, sans-serif'

const COLUMNS = 3
const PANEL = { width: 294, left: 90, right: 60, title: 38, bar: 17, gap: 24 }

const panelOptions = (result: RowResult, sides: readonly Side[], index: number, height: number): Options => {
  const left = (index % COLUMNS) * PANEL.width
  const top = Math.floor(index / COLUMNS) * (height + PANEL.gap) + 6
  const { title, unit, better } = result.row
  const cells = sides.map(({ name }) => cellOf(result, name))
  return {
    title: {
      text: title,
      subtext: `${unit}, ${better === 'more' ? 'more' : 'less'} is better`,
      left: left + 6,
      top,
      padding: 0,
      itemGap: 3,
      textStyle: { fontSize: 12, fontFamily: FONT, color: TEXT, width: PANEL.width - 12, overflow: 'truncate' },
      subtextStyle: { fontSize: 11, fontFamily: FONT, color: TEXT },
    },
    grid: {
      left: left + PANEL.left,
      top: top + PANEL.title,
      width: PANEL.width - PANEL.left - PANEL.right,
      height: sides.length * PANEL.bar,
    },
    xAxis: { gridIndex: index, type: 'value', min: 0, show: false },
    yAxis: {
      gridIndex: index,
      type: 'category',
      inverse: true,
      data: sides.map((side) => side.title),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { fontSize: 11, fontFamily: FONT, color: TEXT },
    },
    series: {
      type: 'bar',
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: PANEL.bar - 5,
      data: cells.map((cell, which) => ({
        value: cell.kind === 'value' ? cell.median : 0,
        itemStyle: { color: colours[sides[which]?.name ?? 'bare'], borderRadius: 2 },
        label: { formatter: cell.kind === 'value' ? formatNumber(cell.median) : '–' },
      })),
      label: { show: true, position: 'right', fontSize: 11, fontFamily: FONT, color: TEXT },
    },
  }
}

const listOf = <T>(given: T | T[] | undefined): T[] => (given === undefined ? [] : ([given].flat() as T[]))

/** Bars say something when there are two. */
const isComparison = (result: RowResult, sides: readonly Side[]): boolean =>
  sides.filter(({ name }) => cellOf(result, name).kind === 'value').length > 1

/** SVG text: a panel of bars for every figure that skein is held to, with a transparent background. */
export const createPicture = (results: readonly Result[], sides: readonly Side[]): string => {
  const shown = results
    .flatMap(({ rows }) => rows)
    .filter((result) => result.row.goal !== undefined && isComparison(result, sides))
  const height = PANEL.title + sides.length * PANEL.bar
  const panels = shown.map((result, index) => panelOptions(result, sides, index, height))
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: COLUMNS * PANEL.width,
    height: Math.ceil(shown.length / COLUMNS) * (height + PANEL.gap),
  })
  chart.setOption({
    animation: false,
    title: panels.flatMap((panel) => listOf(panel.title)),
    grid: panels.flatMap((panel) => listOf(panel.grid)),
    xAxis: panels.flatMap((panel) => listOf(panel.xAxis)),
    yAxis: panels.flatMap((panel) => listOf(panel.yAxis)),
    series: panels.flatMap((panel) => listOf(panel.series)),
  } as Options)
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}
