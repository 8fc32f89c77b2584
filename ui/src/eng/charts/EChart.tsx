// The drawing of a chart. ECharts comes with this file, in a chunk of its own.
import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use as register, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useTokens } from "./colours";
import css from "./Chart.module.css";
import { dressed, type ChartOption } from "./option";

register([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  CustomChart,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  ScatterChart,
  TooltipComponent,
]);

export interface Drawing {
  option: ChartOption;
  /** Pixels. */
  height: number;
  /** Something with this index was chosen. */
  onPick?: (index: number) => void;
}

export default function EChart({ option, height, onPick }: Drawing) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const tokens = useTokens();
  const pick = useRef(onPick);

  useEffect(() => {
    pick.current = onPick;
  }, [onPick]);
  useEffect(() => {
    if (place.current === null) return;
    const drawn = init(place.current, null, { renderer: "canvas" });
    chart.current = drawn;
    drawn.on("click", (event) => {
      if (event.componentType === "series") pick.current?.(event.dataIndex);
    });
    const resized = new ResizeObserver(() => drawn.resize());
    resized.observe(place.current);
    return () => {
      resized.disconnect();
      drawn.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(dressed(option, tokens), { notMerge: true });
  }, [option, tokens]);
  return <div ref={place} className={css["canvas"]} style={{ height }} />;
}
