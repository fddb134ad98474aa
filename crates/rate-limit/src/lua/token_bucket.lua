-- A hash {tokens, at}. Arguments: tokens per second, burst.
limiters.token_bucket = {
  check = function(keys, arguments, now)
    local rate, burst = tonumber(arguments[1]), tonumber(arguments[2])
    local stored = redis.call('HMGET', keys[1], 'tokens', 'at')
    local tokens = burst
    if stored[1] then
      local gained = math.max(0, now - tonumber(stored[2])) * rate
      tokens = math.min(burst, tonumber(stored[1]) + gained)
    end
    -- Adding up fractions may miss a whole token by a hair.
    if tokens < 0.999999 then
      return (1 - tokens) / rate
    end
    return nil, tokens
  end,
  apply = function(keys, arguments, now, tokens)
    local rate, burst = tonumber(arguments[1]), tonumber(arguments[2])
    redis.call('HSET', keys[1], 'tokens', string.format('%.9f', math.max(0, tokens - 1)), 'at', string.format('%.6f', now))
    redis.call('EXPIRE', keys[1], math.ceil(burst / rate) + 1)
  end,
}
