// @vitest-environment jsdom

import * as data from "virtual:divisions";
import { expect, test } from "vitest";
import { Divisions } from "./index";
import { propose, withTownship } from "./reading";
import { tidy } from "./tidy";

// a province's townships are a file of their own, which a busy machine is slow to load
const settled = () => new Promise((resolve) => setTimeout(resolve, 300));

test("what stands for a missing city is not offered", () => {
  const source = {
    北京市: { 市辖区: { 东城区: ["东华门街道"] } },
    重庆市: { 市辖区: { 万州区: [] }, 县: { 城口县: [] } },
    湖北省: { 武汉市: { 江岸区: [] }, 省直辖县级行政区划: { 仙桃市: ["沙嘴街道"] } },
    澳门特别行政区: { 澳门半岛: ["花地玛堂区"] },
  };
  expect(tidy(source)).toEqual({
    北京市: { 北京市: { 东城区: ["东华门街道"] } },
    重庆市: { 重庆市: { 万州区: [], 城口县: [] } },
    湖北省: { 武汉市: { 江岸区: [] }, 仙桃市: { 仙桃市: ["沙嘴街道"] } },
    澳门特别行政区: { 澳门半岛: { 花地玛堂区: [] } },
  });
});

test("the package has the whole country", async () => {
  expect(Object.keys(data.tree)).toHaveLength(34);
  const names = Object.values(data.tree).flatMap((cities) =>
    Object.entries(cities).flatMap(([city, districts]) => [city, ...districts]),
  );
  expect(names.filter((name) => name.includes("直辖县级") || name === "市辖区" || name === "县")).toEqual([]);
  expect(names.length).toBeGreaterThan(3000);
});

test.each([
  ["浙江省杭州市西湖区龙井路1号", "浙江省 杭州市 西湖区", "龙井路1号"],
  ["浙江杭州西湖区 龙井路1号", "浙江省 杭州市 西湖区", "龙井路1号"],
  ["中国，上海市徐汇区衡山路1号", "上海市 上海市 徐汇区", "衡山路1号"],
  ["湖北省仙桃市沙嘴街道1号", "湖北省 仙桃市 仙桃市", "沙嘴街道1号"],
  ["内蒙古呼和浩特", "内蒙古自治区 呼和浩特市 ", ""],
  ["杭", "浙江省 杭州市 ", ""],
  ["江苏省南", "江苏省 南京市 ", ""],
  ["香港湾仔区", "香港特别行政区 香港岛 湾仔区", ""],
])("%s is offered as %s", (text, place, rest) => {
  const [first] = propose(text, data.tree);
  expect(first && `${first.province} ${first.city} ${first.district}`).toBe(place);
  expect(first?.rest).toBe(rest);
});

test("a district of several cities is offered in each", () => {
  const cities = propose("鼓楼区", data.tree).map((place) => place.city);
  expect(cities).toEqual(expect.arrayContaining(["南京市", "徐州市", "福州市", "开封市"]));
  expect(propose("Avenue Foch", data.tree)).toEqual([]);
});

test("the township follows from the rest", async () => {
  const [place] = propose("杭州市西湖区灵隐街道龙井路1号", data.tree);
  const townships = (await data.townships.浙江省?.())?.default ?? {};
  expect(place && withTownship(place, townships)).toMatchObject({ township: "灵隐街道", rest: "龙井路1号" });
});

async function form(values: Record<string, string> = {}): Promise<(name: string) => HTMLSelectElement> {
  const input = (name: string) =>
    `<input id="${name}" name="${name}" value="${values[name] ?? ""}" class="form-control" ${
      ["province", "city", "district", "township"].includes(name) ? `data-division="${name}"` : ""
    }>`;
  document.body.innerHTML = `<div data-divisions data-none="choose">
    <div data-whole hidden><input id="whole"><div role="listbox"></div></div>
    ${["country", "province", "city", "district", "township", "street"].map(input).join("")}</div>`;
  Element.prototype.scrollIntoView = () => {};
  new Divisions(document.querySelector("[data-divisions]") as HTMLElement, data);
  await settled();
  return (name) => document.getElementById(name) as HTMLSelectElement;
}

async function choose(select: HTMLSelectElement, value: string): Promise<void> {
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  await settled();
}

const offered = (select: HTMLSelectElement) => [...select.options].map((option) => option.value);

test("each level offers what lies in the one above, and the only one is taken at once", async () => {
  const field = await form();
  expect(field("city").disabled).toBe(true);
  await choose(field("province"), "海南省");
  expect(offered(field("city"))).toContain("三亚市");
  await choose(field("city"), "儋州市");
  expect(field("district").value).toBe("儋州市");
  expect(offered(field("township"))).toContain("那大镇");
  await choose(field("province"), "浙江省");
  expect([field("city").value, field("district").value, field("township").value]).toEqual(["", "", ""]);
});

test("what an import wrote stays, and what it means is known", async () => {
  const field = await form({ province: "上海", city: "上海", district: "自编区" });
  expect(field("province").value).toBe("上海");
  expect(offered(field("district"))).toContain("徐汇区");
  expect(field("district").value).toBe("自编区");
});

test("an address abroad is written", async () => {
  const field = await form({ country: "France", city: "Paris" });
  expect(field("city").localName).toBe("input");
  expect(field("city").value).toBe("Paris");
  expect((document.querySelector("[data-whole]") as HTMLElement).hidden).toBe(true);
  field("country").value = "中国";
  field("country").dispatchEvent(new Event("change", { bubbles: true }));
  await settled();
  expect(field("province").localName).toBe("select");
});

test("a whole address fills every field by one key", async () => {
  const field = await form();
  const whole = document.getElementById("whole") as HTMLInputElement;
  whole.value = "浙江杭州西湖区灵隐街道龙井路1号";
  whole.dispatchEvent(new Event("input", { bubbles: true }));
  whole.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  await settled();
  expect(["province", "city", "district", "township", "street"].map((name) => field(name).value)).toEqual([
    "浙江省",
    "杭州市",
    "西湖区",
    "灵隐街道",
    "龙井路1号",
  ]);
});
