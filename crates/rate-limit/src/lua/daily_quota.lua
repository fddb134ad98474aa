-- A hash {day, used}; it starts anew with each UTC day. Arguments: limit, cost.
limiters.daily_quota = {
  check = function(keys, arguments, now)
    local day = math.floor(now / 86400)
    local stored = redis.call('HMGET', keys[1], 'day', 'used')
    local used = 0
    if tonumber(stored[1]) == day then
      used = tonumber(stored[2]) or 0
    end
    if used + tonumber(arguments[2]) > tonumber(arguments[1]) then
      return (day + 1) * 86400 - now
    end
    return nil, { day = day, used = used }
  end,
  apply = function(keys, arguments, now, state)
    redis.call('HSET', keys[1], 'day', state.day, 'used', string.format('%.0f', state.used + tonumber(arguments[2])))
    redis.call('EXPIRE', keys[1], 172800)
  end,
}
