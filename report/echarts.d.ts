// The library's one-file build loads five times faster but has no types. Its types are those of the main entry.

declare module 'echarts/dist/echarts.esm.min.mjs' {
  export { init } from 'echarts';
}
