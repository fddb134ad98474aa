-- A sorted set of admissions by time. Arguments: limit, window s, unique id.
limiters.sliding_window = {
  check = function(keys, arguments, now)
    local limit, window = tonumber(arguments[1]), tonumber(arguments[2])
    redis.call('ZREMRANGEBYSCORE', keys[1], '-inf', string.format('%.6f', now - window))
    local count = redis.call('ZCARD', keys[1])
    if count < limit then
      return nil
    end
    -- Free when the oldest ones that exceed the limit have left the window.
    local blocking = redis.call('ZRANGE', keys[1], count - limit, count - limit, 'WITHSCORES')
    return tonumber(blocking[2]) + window - now
  end,
  apply = function(keys, arguments, now)
    redis.call('ZADD', keys[1], string.format('%.6f', now), arguments[3])
    redis.call('PEXPIRE', keys[1], math.ceil(tonumber(arguments[2]) * 1000) + 1000)
  end,
}
