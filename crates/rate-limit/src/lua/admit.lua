-- Admits every demand or none. The limiters are defined above this text.
-- KEYS: the keys of all demands in turn. ARGV per demand: limiter, number of keys, number of arguments, arguments...
-- Answers {} or {index from 0, ms until it may work}.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local demands, key, argument = {}, 1, 1
while argument <= #ARGV do
  local demand = { limiter = limiters[ARGV[argument]], keys = {}, arguments = {} }
  local key_count, argument_count = tonumber(ARGV[argument + 1]), tonumber(ARGV[argument + 2])
  for i = 1, key_count do
    demand.keys[i] = KEYS[key + i - 1]
  end
  for i = 1, argument_count do
    demand.arguments[i] = ARGV[argument + 2 + i]
  end
  key, argument = key + key_count, argument + 3 + argument_count
  demands[#demands + 1] = demand
end

for i, demand in ipairs(demands) do
  local wait, state = demand.limiter.check(demand.keys, demand.arguments, now)
  if wait then
    return { i - 1, math.max(1, math.ceil(wait * 1000)) }
  end
  demand.state = state
end
for _, demand in ipairs(demands) do
  demand.limiter.apply(demand.keys, demand.arguments, now, demand.state)
end
return {}
