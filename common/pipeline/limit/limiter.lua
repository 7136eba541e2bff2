-- One budget: a provider's key and a model. Everything about it is one hash; whoever runs this decides for the whole fleet.
--
-- KEYS[1]  the budget
-- ARGV     1 requests per minute (0: no limit)   2 tokens per minute (0)   3 calls at once (0)
--          4 the asking process   5 its calls in flight   6 tokens it holds reserved   7 tokens used and 8 tokens given back since it last came
--          9 hold everybody for so many ms (Retry-After; 0)   10 requests and 11 tokens that the provider says are left now (-1 unknown)
--          12 asks in this process' order: "tenant weight interactive tokens" separated by ";"   13 what waits behind them, "tenant weight interactive n" the same way
-- Returns  { one character per ask: 1 granted, 0 not; ms to wait before asking again; processes seen; ms that the budget is held }
--
-- Fields: r, k levels of requests and tokens; at their time; hold until when; s_res, s_used, s_ref sums of tokens; w:<process> "in flight,reserved,time";
-- d:<process>:<tenant> "interactive waiting,bulk waiting,weight,time"; v:<tenant> "virtual time,time".
--
-- A minute's window must not see more than the limit and one part in a hundred: the levels hold a hundredth of a minute at most. A call larger than that may
-- take the level below zero, and the next waits longer. Tenants share by virtual time (tokens by weight); who waits in another process is known by d:.
local FRESH, WAITING, TENANT = 10000, 1000, 5000 -- ms that a word about a process, a queue, a tenant counts
local key = KEYS[1]
local rpm, tpm, conc = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local me, flight, held = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local f, raw = {}, redis.call('HGETALL', key)
for i = 1, #raw, 2 do f[raw[i]] = raw[i + 1] end
local set, gone = {}, {}
local function put(name, value) set[#set + 1] = name; set[#set + 1] = value end
local function num(name, otherwise) return tonumber(f[name]) or otherwise end

-- levels grow with time
local rcap, kcap = math.max(1, rpm / 100), math.max(1, tpm / 100)
local at = num('at', now)
local past = math.max(0, now - at)
local r = math.min(rcap, num('r', rcap) + past * rpm / 60000)
local k = math.min(kcap, num('k', kcap) + past * tpm / 60000)
local hold = num('hold', 0)
if tonumber(ARGV[9]) > 0 then hold = math.max(hold, now + tonumber(ARGV[9])) end

-- what was reserved and not used comes back; what was used beyond it is owed
local used, back = tonumber(ARGV[7]), tonumber(ARGV[8])
k = math.min(kcap, k + back)
if rpm > 0 and tonumber(ARGV[10]) >= 0 then r = math.min(r, tonumber(ARGV[10])) end
if tpm > 0 and tonumber(ARGV[11]) >= 0 then k = math.min(k, tonumber(ARGV[11])) end
local s_res, s_used, s_ref = num('s_res', 0), num('s_used', 0) + used, num('s_ref', 0) + back

-- the fleet: processes that went silent hold nothing any more
local fleet, others, demand, weight = 1, 0, {}, {}
local interactive_elsewhere = false
for name, value in pairs(f) do
    local kind = string.sub(name, 1, 2)
    if kind == 'w:' then
        local n, res, seen = string.match(value, '^(%-?%d+),(%-?%d+),(%d+)$')
        if string.sub(name, 3) ~= me then
            if now - tonumber(seen) > FRESH then
                s_ref = s_ref + tonumber(res)
                gone[#gone + 1] = name
            else
                fleet = fleet + 1
                others = others + tonumber(n)
            end
        end
    elseif kind == 'd:' then
        local who, tenant = string.match(name, '^d:([^:]*):(.*)$')
        local quick, bulk, wt, seen = string.match(value, '^(%d+),(%d+),(%d+),(%d+)$')
        if who == me or now - tonumber(seen) > WAITING then
            gone[#gone + 1] = name
        else
            demand[tenant] = true
            weight[tenant] = tonumber(wt)
            if tonumber(quick) > 0 then interactive_elsewhere = true end
        end
    end
end

-- virtual times of the tenants that want something now
local asks = {}
for tenant, wt, quick, tokens in string.gmatch(ARGV[12], '([^ ;]+) (%d+) (%d) (%d+)') do
    asks[#asks + 1] = { tenant = tenant, weight = math.max(1, tonumber(wt)), quick = quick == '1', tokens = tonumber(tokens) }
    demand[tenant] = true
    weight[tenant] = asks[#asks].weight
end
local vt, least, most = {}, nil, 0
for tenant in pairs(demand) do
    local v, seen = string.match(f['v:' .. tenant] or '', '^([%d%.e%+%-]+),(%d+)$')
    if v and now - tonumber(seen) <= TENANT then
        vt[tenant] = tonumber(v)
        if not least or vt[tenant] < least then least = vt[tenant] end
    end
end
for tenant in pairs(demand) do
    if not vt[tenant] then vt[tenant] = least or 0 end -- who comes new starts with the others, without credit for the past
end
for _, v in pairs(vt) do if v > most then most = v end end

-- grants: interactive first, then who has had least; each only while the levels allow
local grants, wait = {}, 0
local lightest = 10000
for tenant in pairs(demand) do lightest = math.min(lightest, math.max(1, weight[tenant] or 1)) end
local slack = math.max(tpm / 60, 4000) / lightest -- a second's tokens: how far one tenant may run ahead of one that waits elsewhere
local running = others + flight
local taken = {}
local limited = rpm > 0 or tpm > 0 or conc > 0

local function refusal(a) -- ms to wait, nil when the ask may go
    if hold > now then return hold - now end
    if rpm > 0 and r < 1 then return (1 - r) * 60000 / rpm end
    if tpm > 0 and k < math.min(a.tokens, kcap) then return (math.min(a.tokens, kcap) - k) * 60000 / tpm end
    if conc > 0 and running >= conc then return 20 end
    if not limited then return nil end
    if not a.quick and interactive_elsewhere then return 10 end -- somebody else is first and will come
    local floor
    for tenant in pairs(demand) do if not floor or vt[tenant] < floor then floor = vt[tenant] end end
    if vt[a.tenant] > floor + slack then return 10 end
end

for quick = 1, 0, -1 do
    local queues, heads = {}, {}
    for i = 1, #asks do
        if asks[i].quick == (quick == 1) then
            local q = queues[asks[i].tenant]
            if not q then q = {}; queues[asks[i].tenant] = q; heads[asks[i].tenant] = 1 end
            q[#q + 1] = i
        end
    end
    while true do
        local best
        for tenant, q in pairs(queues) do
            if q[heads[tenant]] and (not best or vt[tenant] < vt[best] or (vt[tenant] == vt[best] and tenant < best)) then best = tenant end
        end
        if not best then break end
        local i = queues[best][heads[best]]
        local a = asks[i]
        local no = refusal(a)
        if no then wait = math.max(wait, no) break end
        taken[i] = true
        heads[best] = heads[best] + 1
        r, k, running = r - 1, k - a.tokens, running + 1
        flight, held, s_res = flight + 1, held + a.tokens, s_res + a.tokens
        vt[best] = vt[best] + math.max(a.tokens, 1) / a.weight
    end
    if wait > 0 then break end -- what is less urgent does not pass by
end
for i = 1, #asks do grants[i] = taken[i] and '1' or '0' end
if rpm == 0 then r = rcap end
if tpm == 0 then k = kcap end

put('r', r) put('k', k) put('at', now) put('hold', hold) put('s_res', s_res) put('s_used', s_used) put('s_ref', s_ref)
put('w:' .. me, string.format('%d,%d,%d', flight, held, now))
for tenant in pairs(demand) do put('v:' .. tenant, string.format('%.3f,%d', vt[tenant], now)) end
local waiting = {}
local function add(tenant, wt, quick, n)
    local w = waiting[tenant] or { quick = 0, bulk = 0, weight = wt }
    if quick then w.quick = w.quick + n else w.bulk = w.bulk + n end
    waiting[tenant] = w
end
for i = 1, #asks do if not taken[i] then add(asks[i].tenant, asks[i].weight, asks[i].quick, 1) end end
for tenant, wt, quick, n in string.gmatch(ARGV[13], '([^ ;]+) (%d+) (%d) (%d+)') do add(tenant, tonumber(wt), quick == '1', tonumber(n)) end
for i = 1, #gone do redis.call('HDEL', key, gone[i]) end
for tenant, w in pairs(waiting) do put('d:' .. me .. ':' .. tenant, string.format('%d,%d,%d,%d', w.quick, w.bulk, w.weight, now)) end
for name in pairs(f) do
    if string.sub(name, 1, 2) == 'v:' and not demand[string.sub(name, 3)] then
        local seen = string.match(f[name], ',(%d+)$')
        if now - tonumber(seen) > TENANT then redis.call('HDEL', key, name) end
    end
end
redis.call('HSET', key, unpack(set))
redis.call('PEXPIRE', key, 3600000)
local held_ms = math.max(0, hold - now)
return { table.concat(grants), math.ceil(math.max(wait, held_ms)), fleet, held_ms }
