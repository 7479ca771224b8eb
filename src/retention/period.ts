export { parsePeriod, parseRoundUp } from "../model/period.ts";
